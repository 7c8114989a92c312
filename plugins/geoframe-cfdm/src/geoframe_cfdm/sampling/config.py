"""Options of the closed-form sampler. Torch-free."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config import option, section

Noise = Literal["sample", "shared", "fresh"]
Grid = Literal["uniform", "cosine", "posterior"]
Standardize = Literal["auto", "scale", "feature", "whiten", "none"]
Engine = Literal["auto", "dense", "window", "gram", "neighbors", "gaussian"]


@attrs.frozen(kw_only=True)
class NeighborConfig:
    """The nearest-neighbour engine."""

    nearest: int = option(15, ge=1, unit="points", help="Nearest neighbours K of each query.")
    random: int = option(
        15, ge=0, unit="points", help="Points L drawn from the others (the paper's estimator)."
    )
    estimator: Literal["k+l", "self-normalised"] = option(
        "k+l",
        help="k+l is the paper's; self-normalised is importance sampling with the posterior on "
        "the neighbours and a flat tail as proposal (Niedoba et al. 2024).",
    )
    index: Literal["auto", "exact", "flat", "ivf"] = option(
        "auto",
        help="exact is torch's own search, flat and ivf are faiss's; auto is exact below 200 000 "
        "points and without faiss, else ivf.",
    )
    probes: int = option(8, ge=1, unit="cells", help="Cells that ivf visits for a query.")


@attrs.frozen(kw_only=True)
class ClosedFormConfig:
    """Closed-form diffusion: the exact score of the data, smoothed; nothing is trained."""

    component: ClassVar[str] = "geoframe_cfdm.sampling.sampler:ClosedFormDiffusion"

    sigma: float | Literal["auto"] = option(
        "auto",
        ge=0,
        help="Smoothing, in units of the standardised data; 0 reproduces training items. auto is "
        "sigma_relative times the median nearest-neighbour distance.",
    )
    sigma_relative: float = option(
        0.25,
        ge=0,
        help="What auto multiplies. 0.1 to 0.45 is the useful range for images, 0.5 to 2 for "
        "points in two or three dimensions.",
    )
    perturbations: int = option(
        4, ge=1, help="Perturbations M: a sample is the mean of M training items."
    )
    noise: Noise = option(
        "sample",
        help="Perturbations fixed for each sample, shared by all samples, or fresh at each step.",
    )
    antithetic: bool = option(False, help="Use perturbations in pairs of opposite sign (even M).")
    steps: int = option(20, ge=1, unit="steps", help="Steps S from time 0 to time 1.")
    grid: Grid = option(
        "cosine",
        help="Where the steps are: with small last ones, so that samples are sharp (cosine), "
        "evenly (uniform, as in the paper), or where the posterior of the data narrows down, "
        "measured on the data (posterior).",
    )
    start: float = option(
        0.0, ge=0, lt=1, help="Start time T; above 0 sampling starts at a noised training item."
    )
    standardize: Standardize = option(
        "auto",
        help="Before sampling: divide by one scale, or each feature by its own, or whiten by "
        "principal axes; undone at the end. The mean is always taken off, which is exact. auto "
        "is one scale, but feature for tables, whose columns have units of their own.",
    )
    whiten_dim: int | None = option(
        None, ge=1, help="Principal axes that whitening keeps; all if left out."
    )
    engine: Engine = option(
        "auto",
        help="How the posterior mean is computed. auto chooses at each step among the exact ones "
        "(dense, window, gram); neighbors and gaussian are approximations.",
    )
    gaussian_until: float = option(
        0.0,
        ge=0,
        lt=1,
        help="Up to this time the data are taken for one Gaussian, whose posterior mean is cheap; "
        "0 never. An approximation that is good early (below about 0.05 on images).",
    )
    precision: Literal["auto", "float32", "bf16"] = option(
        "auto",
        help="Precision of the first product: auto uses bf16 where it is fast and its error stays "
        "below the tolerance.",
    )
    tolerance: float = option(
        1e-3, gt=0, lt=1, help="Largest relative error of the posterior mean that is allowed."
    )
    neighbors: NeighborConfig = section(
        NeighborConfig, help="The nearest-neighbour engine (engine = neighbors)."
    )
    batch_size: int = option(64, ge=1, unit="samples", help="Samples that take steps together.")
    memory: float = option(
        1024.0, gt=0, unit="MiB", help="Budget of working memory, besides the data themselves."
    )
    check_every: int = option(
        0, ge=0, unit="steps", help="Compare with float64 at every so many steps; 0: never."
    )
    check_samples: int = option(
        8, ge=1, unit="samples", help="Samples of each batch that are compared, the first ones."
    )
    device: str = option("cpu", help="Where to compute: cpu, cuda or cuda:1.")

    def __attrs_post_init__(self) -> None:
        if self.antithetic and self.perturbations % 2:
            raise ValueError("antithetic: needs an even number of perturbations")
        if self.whiten_dim is not None and self.standardize != "whiten":
            raise ValueError("whiten_dim: needs standardize = whiten")
