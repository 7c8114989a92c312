"""What a trained model is, besides its numbers: what a pack's header says. Torch-free."""

from __future__ import annotations

import json
from typing import Any, Literal

import attrs

from geoframe_pathways.encoder import Encoder

TaskKind = Literal["regression", "classification"]

FORMAT = 2
"""Version of the pack's layout."""


@attrs.frozen(kw_only=True)
class ModelMetadata:
    """How inputs are encoded, experts are laid out, and outputs are read."""

    task: TaskKind
    target: str
    """Name of the target column."""
    shape: dict[str, Any]
    """Fields of :class:`~geoframe_pathways.experts.shape.ExpertShape`."""
    router: str
    encoder: Encoder
    offset: tuple[float, ...] = ()
    """Regression: added to the outputs after ``scale``; one per output."""
    scale: tuple[float, ...] = ()
    classes: tuple[str | int | float | bool, ...] = ()
    """Classification: what output i stands for."""
    prior: tuple[float, ...] = ()
    """Share of each class in the training rows."""
    smoothing: float = 0.0
    """Weight of the prior in predicted probabilities: an expert may never have seen a class."""
    blend: float = 0.0
    """Relative width of the ramp between the two nearest experts; 0 uses the nearest alone."""
    networks: int = 1
    """Networks of each expert, whose average answers: rows ``networks * cell`` and following."""
    distance_limit: float = float("inf")
    """Distance to the prototype, in mean distances of its cell, above which an input is flagged."""

    def to_json(self) -> str:
        """Write the metadata for a pack's header."""
        values = attrs.asdict(self)
        values["reach_limit"] = values.pop("distance_limit")  # its name in packs of 0.1
        return json.dumps({"format": FORMAT, **values})

    @classmethod
    def from_json(cls, text: str) -> ModelMetadata:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        ValueError
            If it is of another format.
        """
        values = json.loads(text)
        if values.pop("format", None) != FORMAT:
            raise ValueError("it is of another version of the pack format")
        encoder = Encoder.from_plain(values.pop("encoder"))
        if "reach_limit" in values:
            values["distance_limit"] = values.pop("reach_limit")
        lists = {key: tuple(value) for key, value in values.items() if isinstance(value, list)}
        return cls(encoder=encoder, **{**values, **lists})
