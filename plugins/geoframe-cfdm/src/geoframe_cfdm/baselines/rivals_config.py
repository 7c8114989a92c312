"""Options of the simple generators to compare with. Torch-free."""

from __future__ import annotations

from typing import ClassVar

import attrs

from geoframe.config import option


@attrs.frozen(kw_only=True)
class PCAMixtureConfig:
    """Gaussian mixture on principal components (scikit-learn): the simple rival on images."""

    component: ClassVar[str] = "geoframe_cfdm.baselines.rivals:PCAMixture"

    axes: int = option(60, ge=1, unit="axes", help="Principal components.")
    components: int = option(10, ge=1, help="Gaussians of the mixture.")
    seed: int = option(0, ge=0, help="Seed of the fit.")


@attrs.frozen(kw_only=True)
class GaussianCopulaConfig:
    """Gaussian copula with the columns' own margins: the simple rival on tables."""

    component: ClassVar[str] = "geoframe_cfdm.baselines.rivals:GaussianCopula"


@attrs.frozen(kw_only=True)
class SMOTEConfig:
    """Points between a row and one of its neighbours (SMOTE): the augmenter that all know."""

    component: ClassVar[str] = "geoframe_cfdm.baselines.rivals:SMOTE"

    neighbors: int = option(5, ge=1, unit="rows", help="Neighbours that a row is moved to.")
