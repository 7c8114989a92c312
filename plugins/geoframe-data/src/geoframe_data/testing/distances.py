"""Distance matrices in every format, and matrices that must be refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial.distance import squareform

from geoframe_data.testing.files import SuiteFile, Write

VALUES = np.array([[0, 1.0, 2], [1, 0, 2.5], [2, 2.5, 0]])
"""What all of :func:`good_distances` hold, named a, b, c or 0, 1, 2."""
NAMES = ("a", "b", "c")


def _save(array: Any) -> Write:
    return lambda path: np.save(path, array)


def _npz(**arrays: Any) -> Write:
    return lambda path: np.savez(path, **arrays)


def _frame(**index: Any) -> pd.DataFrame:
    return pd.DataFrame(VALUES, columns=list(NAMES), **index)


def good_distances() -> list[SuiteFile]:
    """Files that all hold :data:`VALUES`."""
    named = ",a,b,c\na,0,1,2\nb,1,0,2.5\nc,2,2.5,0\n"
    plain = "0,1,2\n1,0,2.5\n2,2.5,0\n"
    below_zero = VALUES.copy()
    below_zero[0, 0] = -1.2e-7
    single = VALUES.astype(np.float32)
    single[0, 1] = np.nextafter(single[0, 1], np.float32(2))
    found: list[tuple[str, str | Write]] = [
        ("plain.csv", plain),
        ("header.csv", "a,b,c\n" + plain),
        ("named.csv", named),
        ("semicolon.csv", named.replace(",", ";")),
        ("tabs.tsv", named.replace(",", "\t")),
        ("rows.csv", "a,0,1,2\nb,1,0,2.5\nc,2,2.5,0\n"),
        ("corner.txt", "a b c\na 0 1 2\nb 1 0 2.5\nc 2 2.5 0\n"),
        ("triangle.txt", "0\n1 0\n2 2.5 0\n"),
        ("names.txt", "a 0\nb 1 0\nc 2 2.5 0\n"),
        ("half.csv", "0,,\n1,0,\n2,2.5,0\n"),
        ("square.phy", "3\na 0 1 2\nb 1 0 2.5\nc 2 2.5 0\n"),
        ("lower.phy", "3\na\nb 1\nc 2 2.5\n"),
        ("upper.phy", "3\na 1 2\nb 2.5\nc\n"),
        ("d.npy", _save(VALUES)),
        ("single.npy", _save(single)),
        ("integers.npy", _save((2 * VALUES).astype(np.int16) / 2)),
        ("negative.npy", _save(below_zero)),
        ("lower.npy", _save(np.tril(VALUES))),
        ("upper.npy", _save(np.triu(VALUES))),
        ("condensed.npy", _save(squareform(VALUES))),
        ("d.npz", _npz(distances=VALUES, names=np.array(NAMES))),
        ("bytes.npz", _npz(distances=VALUES, name=np.array([b"a", b"b", b"c"]))),
        ("one.npz", _npz(anything=VALUES)),
        ("d.parquet", lambda path: _frame().to_parquet(path)),
        ("index.parquet", lambda path: _frame(index=list(NAMES)).to_parquet(path)),
        ("d.csv.gz", lambda path: _frame(index=list(NAMES)).to_csv(path)),
    ]
    return [SuiteFile(*each) for each in found]


def bad_distances() -> list[SuiteFile]:
    """Files that no reader of distances takes; the options are those of ``repaired``."""
    bad: list[tuple[str, str | Write, str]] = [
        ("asymmetric.csv", "0,1\n3,0\n", "set data.asymmetry"),
        ("negative.csv", "0,-1\n-1,0\n", "is negative"),
        ("diagonal.csv", "0,1\n1,2\n", "must be 0"),
        ("zeros.csv", "0,0\n0,0\n", "all distances are 0"),
        ("inf.csv", "0,inf\ninf,0\n", "finite"),
        ("text.csv", "0,1\nx,0\n", "text.csv:2: column 1: 'x' is not a number"),
        ("wide.csv", "a,b,c\n1,2,3\n", "no distance matrix"),
        ("empty.csv", "", "is empty"),
        ("order.csv", ",a,b\nb,0,1\na,1,0\n", "in order"),
        ("hole.csv", "0,1,\n1,0,2\n,2,0\n", "is missing"),
        ("count.phy", "4\na 0 1\nb 1 0\n", "announces 4 items and has 2"),
        ("short.phy", "3\na 0 1 2\nb 1\nc 2 2.5 0 9\n", "distances; needed are 3"),
        ("cube.npy", _save(np.zeros((2, 2, 2))), "2 x 2 x 2"),
        ("vector.npy", _save(np.ones(5)), "no condensed distances"),
        ("object.npz", _npz(distances=np.array([object()])), "pickled"),
        ("words.npy", _save(np.array([["a", "b"], ["c", "d"]])), "expected numbers"),
        ("others.npz", _npz(one=VALUES, two=VALUES), "no array 'distances'"),
        ("names.npz", _npz(distances=VALUES, names=np.array(["a"])), "1 names for 3 items"),
        ("broken.parquet", "PAR1 nonsense", "parquet"),
    ]
    return [SuiteFile(name, content, {}, message) for name, content, message in bad]
