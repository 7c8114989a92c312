"""Reads an expert pack with numpy alone; copy this file next to a pack and use it anywhere.

    model = Pack("experts.safetensors")
    model.predict({"x0": 0.5, "x1": -1.0})         # one row, by column name
    model.predict_encoded(model.encode(row))       # the same in two steps

One expert is read from the disk per prediction, one of its networks after another. Packs of the
flat and the tree router can be read; those of the faiss router, and those that blend two experts,
need geoframe-pathways.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "U8": "u1"}
NEEDED = {"encoder", "shape", "task", "offset", "scale", "classes", "prior", "smoothing"}
"""What the header must say, besides ``router`` and ``blend``."""


class Pack:
    """An expert pack, opened.

    Parameters
    ----------
    path
        The safetensors file.

    Raises
    ------
    ValueError
        If it is no such pack, or damaged, or cannot be read by numpy alone.
    """

    def __init__(self, path: str) -> None:
        try:
            self._open(path)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ValueError(f"{path}: cannot be read as an expert pack: {error}") from None

    def _open(self, path: str) -> None:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if not 0 < length < 2**30:
                raise ValueError("it is not a safetensors file")
            header = json.loads(file.read(length))
        metadata = json.loads(header.pop("__metadata__")["pathways"])
        if metadata["router"] not in ("flat", "tree"):
            raise ValueError(f"router '{metadata['router']}' needs geoframe-pathways")
        if metadata["blend"]:
            raise ValueError("its experts are blended; that needs geoframe-pathways")
        self.metadata = {"networks": 1} | metadata
        if absent := NEEDED - set(metadata):
            raise ValueError(f"its header lacks {', '.join(sorted(absent))}")
        self.arrays = {
            name: np.memmap(
                path,
                dtype=DTYPES[entry["dtype"]],
                mode="r",
                offset=8 + length + entry["data_offsets"][0],
                shape=tuple(entry["shape"]),
            )
            for name, entry in header.items()
            if name != "padding"
        }

    def encode(self, row: Mapping[str, Any]) -> np.ndarray:
        """Turn one row of the table, by column name, into the model's inputs ``(inputs,)``."""
        encoder = self.metadata["encoder"]
        values, missing = [], []
        for column in encoder["numeric"]:
            value = row[column["name"]]
            value = _days(value) if column["date"] else float(value)
            if period := column.get("period"):  # a point on the circle of a year, week or day
                value = (np.cos if column["cosine"] else np.sin)(2 * np.pi * value / period)
            absent = not np.isfinite(value)
            value = column["fill"] if absent else min(max(value, column["low"]), column["high"])
            values.append((value - column["mean"]) / column["std"])
            if column["indicator"]:
                missing.append(float(absent))
        levels = [
            float(_text(row[category["name"]]) == level)
            for category in encoder["categories"]
            for level in category["levels"]
        ]
        return np.array([*values, *missing, *levels], dtype=np.float32)

    def route(self, x: np.ndarray) -> int:
        """Return the expert of one encoded input."""
        point = x.astype(np.float64)
        if "route_components" in self.arrays:
            point = (point - self.arrays["route_mean"]) @ self.arrays["route_components"]
        if self.metadata["router"] == "flat":
            return _nearest(self.arrays["prototypes"], point)
        points, children = self.arrays["tree_points"], self.arrays["tree_children"]
        node = 0
        while children[node, 1]:
            first, count = children[node]
            node = int(first) + _nearest(points[first : first + count], point)
        return int(np.count_nonzero(children[:node, 1] == 0))

    def predict_encoded(self, x: np.ndarray) -> np.ndarray:
        """Answer one encoded input: values in target units, or class probabilities."""
        networks = self.metadata["networks"]
        first = self.route(x) * networks
        answers = [self._answer(x, first + network) for network in range(networks)]
        return np.asarray(np.mean(answers, axis=0))

    def _answer(self, x: np.ndarray, network: int) -> np.ndarray:
        metadata, shape = self.metadata, self.metadata["shape"]
        row = np.array(self.arrays["experts"][network])
        n = shape["inputs"]
        h, at = (x - row[:n]) * row[n], n + 1
        widths = [n, *[shape["width"]] * shape["hidden"], shape["outputs"]]
        for layer, (a, b) in enumerate(pairwise(widths)):
            h = h @ row[at : at + a * b].reshape(a, b) + row[at + a * b : at + (a + 1) * b]
            at += (a + 1) * b
            if layer < shape["hidden"]:
                slope = 0.0
                if shape["activation"] == "prelu":
                    slope, at = row[at], at + 1
                h = np.where(h > 0, h, slope * h)
        if metadata["task"] == "regression":
            return np.asarray(h * np.array(metadata["scale"]) + np.array(metadata["offset"]))
        share = np.exp(h - h.max())
        share /= share.sum()
        smoothing = metadata["smoothing"]
        return np.asarray((1 - smoothing) * share + smoothing * np.array(metadata["prior"]))

    def predict(self, row: Mapping[str, Any]) -> Any:
        """Answer one row of the table: a number, numbers, or a class."""
        found = self.predict_encoded(self.encode(row))
        if self.metadata["task"] == "classification":
            return self.metadata["classes"][int(found.argmax())]
        return float(found[0]) if len(found) == 1 else found


def _days(value: Any) -> float:
    """Days since 1970 of an ISO 8601 date; NaN if it is missing."""
    if value is None or value != value:
        return float("nan")
    date = datetime.fromisoformat(str(value))
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() / 86400


def _text(value: Any) -> str:
    """A category's name: empty if it is missing, whole numbers without decimals."""
    if value is None or value != value:
        return ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _nearest(prototypes: np.ndarray, point: np.ndarray) -> int:
    return int(np.sqrt(((prototypes - point) ** 2).sum(axis=1)).argmin())
