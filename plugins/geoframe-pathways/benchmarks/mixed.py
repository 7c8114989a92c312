"""A table of numbers with gaps, dates and a text of 3,000 values: a default run against boosting.

Boosting is scikit-learn's with its defaults, on the same rows: categories by its TargetEncoder
(out of fold), gaps as they are, dates as days, day of the year, weekday and hour.

Run: OMP_NUM_THREADS=1 python mixed.py [seeds]
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import TargetEncoder

import geoframe

ROWS = 20_000
STORES = 3_000
GAPS = 0.1


def made(seed: int) -> pd.DataFrame:
    """Sales by store, weather and time; what counts is smooth but for the stores."""
    random = np.random.default_rng(seed)
    stores = random.choice(STORES, ROWS, p=random.dirichlet(np.full(STORES, 2.0)))
    level = random.normal(0, 3, STORES)
    when = pd.Timestamp("2022-01-01") + pd.to_timedelta(random.integers(0, 24 * 730, ROWS), "h")
    warmth, price = random.normal(size=ROWS), random.uniform(1, 5, ROWS)
    year = np.sin(2 * np.pi * when.day_of_year.to_numpy() / 365.25)
    hour = np.cos(2 * np.pi * when.hour.to_numpy() / 24)
    sold = level[stores] + 2 * year * warmth + 1.5 * hour - 3 * np.log(price) + warmth**2
    frame = pd.DataFrame(
        {
            "store": [f"store {k}" for k in stores],
            "when": when,
            "warmth": warmth,
            "price": price,
            "kind": random.choice(["a", "b", "c"], ROWS),
            "sold": sold + random.normal(0, 1, ROWS),
        }
    )
    for column in ("warmth", "price"):
        frame.loc[random.uniform(size=ROWS) < GAPS, column] = np.nan
    frame.loc[random.uniform(size=ROWS) < GAPS / 2, "store"] = None
    return frame


def boosted(train: pd.DataFrame, test: pd.DataFrame) -> float:
    """RMSE of boosting on the test rows."""

    def inputs(frame: pd.DataFrame) -> pd.DataFrame:
        when = frame["when"].dt
        days = (frame["when"] - pd.Timestamp(0)) / pd.Timedelta(days=1)
        plain = frame.drop(columns=["when", "sold"]).fillna({"store": ""})
        return plain.assign(
            days=days, year=when.day_of_year, weekday=when.day_of_week, hour=when.hour
        )

    encoded = make_column_transformer(
        (TargetEncoder(target_type="continuous"), ["store", "kind"]), remainder="passthrough"
    )
    model = make_pipeline(encoded, HistGradientBoostingRegressor())
    model.fit(inputs(train), train["sold"])
    return float(np.sqrt(((model.predict(inputs(test)) - test["sold"]) ** 2).mean()))


def main() -> None:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    print("seed   pathways  of it CPU s   boosting  of it CPU s   noise: 1.0")
    for seed in range(count):
        frame = made(seed)
        train, test = frame.iloc[ROWS // 5 :], frame.iloc[: ROWS // 5]
        with tempfile.TemporaryDirectory() as folder:
            train.to_csv(Path(folder) / "sales.csv", index=False)
            test.to_csv(Path(folder) / "new.csv", index=False)
            run = geoframe.run_method(
                "pathways",
                {
                    "seed": seed,
                    "data": {
                        "path": str(Path(folder) / "sales.csv"),
                        "test": str(Path(folder) / "new.csv"),
                        "target": "sold",
                    },
                    "evaluation": {"baselines": []},
                },
                path=Path(folder) / "run",
            )
            ours = run.results["metrics"]
        started = time.process_time()
        theirs = boosted(train, test)
        seconds = time.process_time() - started
        print(
            f"{seed:4} {ours['rmse']:10.4f} {ours['cpu_seconds']:12.2f} "
            f"{theirs:10.4f} {seconds:12.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
