"""What a learned form says: signature, condition, symmetry, and whether the data support it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import attrs
import torch
from scipy import stats
from torch import Tensor

from geoframe_cgenn.metric.frames import NEGLIGIBLE

TOLERANCE = 0.02
"""Relative distance below which two forms are called the same, whatever the spread says."""


def normalized(matrix: Tensor) -> Tensor:
    """M with Frobenius norm sqrt(n), that of the identity: M and c M say the same."""
    scaled: Tensor = matrix * (math.sqrt(len(matrix)) / torch.linalg.norm(matrix))
    return scaled


def cosine(a: Tensor, b: Tensor) -> float:
    """Cosine of two forms as vectors; 1 for multiples of each other."""
    return float((a * b).sum() / (a.norm() * b.norm()))


def relative_error(found: Tensor, true: Tensor) -> float:
    """||M / |M| - M* / |M*||| with Frobenius norms: the error of a form up to its scale."""
    return float((normalized(found) - normalized(true)).norm() / math.sqrt(len(true)))


def anisotropy(matrix: Tensor) -> Tensor:
    """Relative distance of M from the nearest multiple of the identity, 0 to 1."""
    n = len(matrix)
    isotropic = matrix.diagonal().mean() * torch.eye(n, dtype=matrix.dtype, device=matrix.device)
    away: Tensor = torch.linalg.norm(matrix - isotropic) / torch.linalg.norm(matrix)
    return away


def signature(matrix: Tensor) -> tuple[int, int, int]:
    """Numbers of positive, negative and zero eigenvalues."""
    values = torch.linalg.eigvalsh(matrix.double())
    zero = values.abs() <= max(NEGLIGIBLE, 1e-6) * values.abs().max()
    positive = int(((values > 0) & ~zero).sum())
    negative = int(((values < 0) & ~zero).sum())
    return positive, negative, int(zero.sum())


def sign_patterns(n: int) -> list[tuple[float, ...]]:
    """All diagonal forms of +1 and -1 up to an overall sign, the identity first."""
    return [
        (1.0, *signs) if sum(signs) + 1 >= 0 else (-1.0, *(-sign for sign in signs))
        for signs in itertools.product((1.0, -1.0), repeat=n - 1)
    ]


def group_name(p: int, q: int, r: int = 0) -> str:
    """Name of the isometry group of a form: O(3), O(3,1), O(2) of a degenerate form."""
    large, small = max(p, q), min(p, q)
    name = f"O({large},{small})" if small else f"O({large})"
    return f"{name} with {r} null direction{'s' if r > 1 else ''}" if r else name


@attrs.frozen(kw_only=True, eq=False)
class MetricReport:
    """What several trainings say of the metric; all forms are normalised."""

    mean: Tensor
    """Mean of the learned M ``(n, n)``."""
    half_width: Tensor
    """Half of the 95 % confidence interval of each entry (Student's t); NaN for one training."""
    spread: float
    """Relative Frobenius deviation between trainings; NaN for one training."""
    eigenvalues: tuple[float, ...]
    """Those of the mean, descending."""
    condition: float
    """Largest over smallest size of an eigenvalue."""
    signature: tuple[int, int, int]
    """Positive, negative and zero eigenvalues."""
    nearest: Tensor
    """Nearest form with signs +1 and -1 along the axes ``(n, n)``."""
    nearest_group: str
    """Its isometry group."""
    distance: float
    """Relative distance of the mean from it."""
    supported: bool | None
    """Whether that distance is within what the trainings differ by, or below 2 %; None where one
    training further away leaves it open."""
    residual_group: str
    """Rotations and reflections of space that the learned form leaves."""


def metric_report(matrices: Sequence[Tensor]) -> MetricReport:
    """Sum up the forms that trainings from different seeds found.

    Parameters
    ----------
    matrices
        Learned M ``(n, n)`` of each training.
    """
    forms = torch.stack([normalized(matrix.double()) for matrix in matrices])
    count, n = len(forms), forms.shape[1]
    mean = forms.mean(dim=0)
    half = torch.full_like(mean, math.nan)
    spread = error = math.nan
    if count > 1:
        deviation = forms.std(dim=0)
        half = deviation * (float(stats.t.ppf(0.975, count - 1)) / math.sqrt(count))
        spread = float((forms - mean).square().sum() / (count - 1)) ** 0.5 / math.sqrt(n)
        error = spread / math.sqrt(count) * float(stats.t.ppf(0.975, count - 1))
    values = torch.linalg.eigvalsh(mean).flip(0)
    exact = [normalized(torch.diag(torch.tensor(s, dtype=mean.dtype))) for s in sign_patterns(n)]
    exact += [-form for form in exact]
    nearest = max(exact, key=lambda form: cosine(form, mean))
    distance = relative_error(mean, nearest)
    positive, negative, _ = signature(nearest)
    within = TOLERANCE if math.isnan(error) else max(TOLERANCE, error)
    sizes = values.abs()
    return MetricReport(
        mean=mean,
        half_width=half,
        spread=spread,
        eigenvalues=tuple(values.tolist()),
        condition=float(sizes.max() / sizes.min()) if bool(sizes.min() > 0) else math.inf,
        signature=signature(mean),
        nearest=nearest,
        nearest_group=group_name(positive, negative),
        distance=distance,
        supported=True if distance <= within else None if count == 1 else False,
        residual_group=residual_group(values.tolist(), within),
    )


def residual_group(eigenvalues: Sequence[float], tolerance: float) -> str:
    """Rotations that commute with a form: a factor O(m) for each m eigenvalues that are equal.

    Parameters
    ----------
    eigenvalues
        Descending.
    tolerance
        Difference, in units of the largest, within which two are equal.
    """
    largest = max(abs(value) for value in eigenvalues)
    sizes = [1]
    for before, value in itertools.pairwise(eigenvalues):
        if before - value <= tolerance * largest:
            sizes[-1] += 1
        else:
            sizes.append(1)
    return " x ".join(f"O({size})" for size in sorted(sizes, reverse=True))
