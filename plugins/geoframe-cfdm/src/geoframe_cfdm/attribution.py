"""Where samples come from: the training items they are made of, and those nearest to them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
from torch import Tensor

from geoframe_cfdm.engines.points import Points
from geoframe_cfdm.fit import Fitted
from geoframe_cfdm.generation import Generated
from geoframe_cfdm.sampling.config import Standardize
from geoframe_cfdm.sampling.distances import COPY, Spacing, nearest_points, spacing_of
from geoframe_cfdm.sampling.sampler import ClosedFormDiffusion
from geoframe_cfdm.sampling.standardize import fit_standardizer
from geoframe_data import Items

NEAREST = 3
LISTED = 24
MOST_NAMED = 8
"""Items named of a sample that is made of more: those with the largest shares."""


@attrs.frozen(kw_only=True, eq=False)
class Attribution:
    """Training items nearest to the samples, in standardised units."""

    distance: Tensor
    """``(n, 3)``, ascending."""
    rows: Tensor
    """Rows of the items ``(n, 3)``."""
    spacing: Spacing
    """How far training items are from one another."""

    @property
    def copies(self) -> Tensor:
        """Whether a sample is a copy ``(n,)``."""
        copies: Tensor = self.distance[:, 0] < COPY * self.spacing.median
        return copies


def attribute(fitted: Fitted, generated: Generated) -> Attribution:
    """Find the nearest training items, in the coordinates that were sampled if they are known."""
    inner = fitted.inner
    if isinstance(inner, ClosedFormDiffusion):
        points, spacing = inner.points, inner.spacing
        drawn = generated.drawn.get("latents", generated.items)
    else:
        flat = fitted.as_numbers(fitted.data).flatten(1)
        kind: Standardize = "none" if fitted.levels is not None else "auto"
        if fitted.levels is None and fitted.items.kind == "table":
            kind = "feature"  # columns have units of their own
        points = Points(flat, fit_standardizer(flat, kind), resident=False)
        spacing, drawn = spacing_of(points), fitted.as_numbers(generated.items)
    z = points.standardizer.forward(drawn.flatten(1))
    distance, index = nearest_points(points, z, min(NEAREST, len(points)))
    return Attribution(distance=distance.cpu(), rows=fitted.train[index.cpu()], spacing=spacing)


def provenance(
    items: Items, drawn: Mapping[str, Tensor], near: Attribution
) -> list[dict[str, Any]]:
    """Rows that name what the first samples are made of."""
    rows = []
    for row in range(min(LISTED, len(near.distance))):
        told: dict[str, Any] = {"sample": row}
        if "tuple_index" in drawn:
            index, weight = drawn["tuple_index"][row], drawn["tuple_weight"][row]
            if len(weight) > MOST_NAMED:
                largest = weight.topk(MOST_NAMED).indices
                index, weight = index[largest], weight[largest]
            shares = zip(index.tolist(), weight.tolist(), strict=True)
            told["made of (share)"] = ", ".join(
                f"{items.name(item)} ({share:.2f})" for item, share in shares if item >= 0
            )
        told["nearest item"] = items.name(int(near.rows[row, 0]))
        told["distance"] = float(near.distance[row, 0])
        told["copy"] = "yes" if bool(near.copies[row]) else "no"
        rows.append(told)
    return rows
