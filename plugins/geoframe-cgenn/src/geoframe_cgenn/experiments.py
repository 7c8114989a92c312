"""Configs of experiments, put together from groups of dotted keys. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from geoframe.reference import Published, ReferenceRow

BOTH: dict[str, Any] = {"cgenn.metric": "learned", "cgenn.compare": True, "cgenn.replicas": 3}


def trainer(steps: int, rate: float, batch: int, **more: Any) -> dict[str, Any]:
    """Dotted keys of a training with warm-up over the first 1/64 of its steps."""
    return {
        "trainer.steps": steps,
        "trainer.learning_rate": rate,
        "trainer.batch_size": batch,
        "trainer.warmup": steps // 64,
        "trainer.schedule": "cosine",
        **{f"trainer.{key}": value for key, value in more.items()},
    }


def dataset(name: str, **options: Any) -> dict[str, Any]:
    """Dotted keys of a data set."""
    return {"data.dataset": {"name": name, **options}}


def row(name: str, published: Mapping[str, Published], *parts: Mapping[str, Any]) -> ReferenceRow:
    """Put a row together from groups of dotted keys."""
    overrides = {key: value for part in (BOTH, *parts) for key, value in part.items()}
    return ReferenceRow(name=name, overrides=overrides, published=published)
