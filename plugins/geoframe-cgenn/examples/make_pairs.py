"""Write pairs.csv: two vectors a row, and an energy that depends on a hidden metric."""

import csv
from pathlib import Path

import numpy as np

ROWS = 800
METRIC = np.array([[2.0, 0.6, 0.0], [0.6, 1.0, 0.3], [0.0, 0.3, 0.5]])


def main() -> None:
    """Draw the vectors and write the table beside this file."""
    a, b = np.random.default_rng(3).standard_normal((2, ROWS, 3)).round(4)
    energy = 0.5 * np.einsum("ri,ij,rj->r", a, METRIC, a) - np.einsum("ri,ij,rj->r", a, METRIC, b)
    with (Path(__file__).parent / "pairs.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["ax", "ay", "az", "bx", "by", "bz", "energy"])
        writer.writerows(zip(*a.T, *b.T, energy.round(5), strict=True))


if __name__ == "__main__":
    main()
