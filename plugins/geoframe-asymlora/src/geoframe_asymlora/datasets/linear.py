"""The linear-regression experiment as a data set. Torch-free."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    from geoframe_asymlora.study.linear import LinearProblem


@attrs.frozen(kw_only=True)
class LinearRegression(Dataset):
    """Linear maps y = (W + Δ) x to be reached from W by a low-rank update; solved exactly."""

    provides = "linear-problem"

    component: ClassVar[str] = "geoframe_asymlora.datasets.linear:LinearRegression"

    dim: int = option(128, ge=2, help="Width d of inputs and outputs.")
    rank: int = option(8, ge=1, help="Rank r of the update.")
    spectrum: Literal["equal", "1/i", "1/i^2", "low-rank"] = option(
        "1/i",
        help="Eigenvalues of the inputs' covariance; low-rank: r equal ones, the others almost 0.",
    )
    change: Literal["random", "inverse"] = option(
        "random",
        help="The wanted change Δ: independent entries, or acting on directions of low variance "
        "(random, times the inverse covariance).",
    )
    draws: int = option(100, ge=1, help="Random problems and frozen factors.")

    def load(self) -> LinearProblem:
        """Return the problem."""
        from geoframe_asymlora.study.linear import LinearProblem

        return LinearProblem(**attrs.asdict(self))
