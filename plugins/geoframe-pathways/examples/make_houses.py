"""Writes houses.csv: a made-up market whose prices follow other rules in each district."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 2000


def main() -> None:
    """Write the table beside this file."""
    random = np.random.default_rng(0)
    district = random.choice(["harbour", "hill", "station"], ROWS)
    area = random.gamma(6.0, 15.0, ROWS).round(1)
    age = random.integers(0, 120, ROWS).astype(float)
    per_metre = pd.Series(district).map({"harbour": 5.0, "hill": 3.5, "station": 2.0}).to_numpy()
    decay = np.where(district == "hill", 0.5 + 0.5 * np.cos(age / 20.0), np.exp(-age / 80.0))
    price = (area * per_metre * (0.5 + decay) * random.lognormal(0.0, 0.05, ROWS)).round(1)
    age[random.random(ROWS) < 0.05] = np.nan
    frame = pd.DataFrame(
        {"district": district, "area": area, "age": age, "country": 1, "price": price}
    )
    frame.to_csv(Path(__file__).with_name("houses.csv"), index=False)


if __name__ == "__main__":
    main()
