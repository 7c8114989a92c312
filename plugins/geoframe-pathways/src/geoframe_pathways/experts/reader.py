"""Reads an expert pack with numpy alone; copy this file next to a pack and use it anywhere.

    model = Pack("experts.safetensors")
    model.predict({"x0": 0.5, "x1": -1.0})         # one row, by column name
    model.predict_encoded(model.encode(row))       # the same in two steps

A row is what csv.DictReader or json give: numbers may be texts, written as in the training file,
and an empty text, None, NaN, "NA" or "null" is a missing value.

One expert is read from the disk per prediction, one of its networks after another. Packs of the
flat and the tree router can be read; those of the faiss router, and those that blend two experts,
need geoframe-pathways.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import numpy as np

DTYPES = {"F64": "<f8", "F32": "<f4", "I64": "<i8", "U8": "u1"}
MISSING = {"", "nan", "+nan", "-nan"}
WORDS = MISSING | {"na", "n/a", "#n/a", "<na>", "none", "null", "?", "nat"}
"""Words for a missing number or date; in a column of texts all but the first are texts."""
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
        """Turn one row of the table, by column name, into the model's inputs ``(inputs,)``.

        Raises
        ------
        ValueError
            If the row lacks a column, or holds something else than in training.
        """
        encoder = self.metadata["encoder"]
        types = {each["name"]: each for each in encoder.get("schema", {}).get("columns", ())}
        values, missing = [], []
        for column in encoder["numeric"]:
            name = column["name"]
            read = _days if column["date"] else _number
            value = read(_cell(row, name), types.get(name, {"name": name}))
            if period := column.get("period"):  # a point on the circle of a year, week or day
                value = (np.cos if column["cosine"] else np.sin)(2 * np.pi * value / period)
            absent = not np.isfinite(value)
            value = column["fill"] if absent else min(max(value, column["low"]), column["high"])
            values.append((value - column["mean"]) / column["std"])
            if column["indicator"]:
                missing.append(float(absent))
        levels = []
        for category in encoder["categories"]:
            name = category["name"]
            found = _text(_cell(row, name), truth=types.get(name, {}).get("kind") == "boolean")
            levels += [float(found == level) for level in category["levels"]]
        statistics = []
        for each in encoder.get("statistics", ()):
            told = each["statistics"]
            found = _text(_cell(row, told["name"]), truth=False)
            place = bisect_left(told["levels"], found)
            known = told["levels"][place : place + 1] == [found]
            for k, default in enumerate(told["default"]):
                value = told["means"][k][place] if known else default
                statistics.append((value - each["mean"][k]) / each["std"][k])
        return np.array([*values, *missing, *levels, *statistics], dtype=np.float32)

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


def _cell(row: Mapping[str, Any], name: str) -> Any:
    if name not in row:
        raise ValueError(f"the row lacks column '{name}'")
    return row[name]


def _number(value: Any, column: Mapping[str, Any]) -> float:
    """A number as the training file wrote it; NaN if it is missing."""
    if value is None:
        return float("nan")
    if not isinstance(value, str):
        return float(value)
    text = value.strip()
    if text.lower() in WORDS:
        return float("nan")
    if text.lower() in ("true", "false"):
        return float(text.lower() == "true")
    plain = text
    if column.get("thousands"):
        plain = plain.replace(column["thousands"], "")
    plain = plain.replace(column.get("decimal", "."), ".")
    try:
        return float(plain)
    except ValueError:
        raise ValueError(f"column '{column['name']}': '{text}' is no number") from None


def _days(value: Any, column: Mapping[str, Any]) -> float:
    """Days since 1970 of an ISO 8601 date; NaN if it is missing."""
    if value is None or value != value or str(value).strip().lower() in WORDS:
        return float("nan")
    try:
        date = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise ValueError(f"column '{column['name']}': '{value}' is no date (2020-12-31)") from None
    return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() / 86400


def _text(value: Any, *, truth: bool) -> str:
    """A category's name: empty if it is missing, whole numbers without decimals."""
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = str(value).strip()
    if text.lower() in MISSING:
        return ""
    return text.capitalize() if truth and text.lower() in ("true", "false") else text


def _nearest(prototypes: np.ndarray, point: np.ndarray) -> int:
    return int(np.sqrt(((prototypes - point) ** 2).sum(axis=1)).argmin())
