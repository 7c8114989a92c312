"""The metric that a run starts from: what the ``[geometry]`` table names."""

from __future__ import annotations

import attrs
import torch
from torch import Tensor

from geoframe.capabilities import BilinearForm, capability
from geoframe.components import Component
from geoframe.errors import ConfigError


def start_matrix(geometry: Component, n: int) -> Tensor:
    """Matrix M ``(n, n)``, float32, of a geometry with a bilinear form.

    A geometry whose ``dim`` was left at its default gets that of the vectors.

    Raises
    ------
    ConfigError
        If the geometry has no bilinear form, or one of another dimension.
    """
    fields = {field.name: field for field in attrs.fields(type(geometry.options))}
    free = "dim" in fields and geometry.options.dim == fields["dim"].default
    try:
        built = geometry.build(dim=n) if free else geometry.build()
    except ValueError as error:
        raise ConfigError([f"geometry: {error}"]) from None
    form = capability(built, BilinearForm)
    if form is None:
        raise ConfigError(
            [
                f"geometry.name: '{geometry.name}' has no bilinear form; use quadratic-form, "
                "euclidean or minkowski"
            ]
        )
    matrix = form.matrix().detach().to(torch.float32)
    if matrix.shape != (n, n):
        raise ConfigError(
            [
                f"geometry: '{geometry.name}' has a form of {len(matrix)} coordinates, and the "
                f"vectors have {n}"
            ]
        )
    return matrix
