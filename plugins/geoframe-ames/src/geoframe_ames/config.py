"""Options of the ames method. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, components, option, section
from geoframe_lgi.config import (
    DataConfig,
    GraphConfig,
    NetworkConfig,
    SplitConfig,
    fixed_trainer,
    latent_trainer,
    point_encoder,
)

Fusion = Literal["screened", "semantic", "global", "node", "mean", "hard"]


@attrs.frozen(kw_only=True)
class BranchesConfig:
    """Which branches there are, and how they are merged."""

    fusion: Fusion = option(
        "screened",
        help="screened trains branches apart and averages the logarithms of what they say, each "
        "weighed by its loss on held-out rows, or takes the best one where these rows do not like "
        "the mixture better; the others merge branches of one network by attention: one weight "
        "per branch from its output (semantic) or free (global), one per row (node), none (mean), "
        "or a drawn branch (hard).",
    )
    spaces: tuple[Component, ...] = components(
        "geometry",
        default=(
            {"name": "euclidean", "dim": 4},
            {"name": "hyperboloid", "dim": 4},
            {"name": "sphere", "dim": 4},
        ),
        help="Latent geometries, a branch each: any registered ones.",
    )
    latent: bool | None = option(
        None,
        help="Whether the latent graphs of the spaces are branches. Left out, with attention only: "
        "screened fusion gained nothing from them on the tables measured, and takes longer.",
    )
    fixed: bool = option(
        True,
        help="Also branches on the kNN graph of the features and on the given graph; with "
        "screened, also an MLP, smoothing, label propagation, logistic regression and a forest.",
    )
    sharpness: float = option(
        8.0,
        ge=0,
        help="screened: a branch weighs (least held-out loss / its own) to this power; 0: plain "
        "mean of all, even where held-out rows like the best branch better.",
    )
    layout: Literal["streams", "blocks"] = option(
        "streams",
        help="attention: merge once before the head (streams), or after every layer (blocks).",
    )
    share_layers: bool = option(False, help="attention: one set of graph layers for all branches.")
    attention_width: int = option(16, ge=1, unit="units", help="Width of the scores' hidden layer.")
    warmup_uniform: int = option(
        200, ge=0, unit="steps", help="Steps of equal weights, until no branch is ahead by chance."
    )
    weight_graph_loss: bool = option(False, help="Weigh each branch's graph loss by its attention.")

    def __attrs_post_init__(self) -> None:
        if not self.fixed and not self.has_latent:
            raise ValueError("fixed, latent: there is no branch; set one of them to true")

    @property
    def has_latent(self) -> bool:
        """Whether latent graphs are branches."""
        return self.fusion != "screened" if self.latent is None else self.latent


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is compared and reported."""

    seeds: int = option(1, ge=1, help="Trainings of an attention network on every split.")
    peers: bool = option(
        True, help="Train what screened fusion has as branches for comparison with attention."
    )
    geometry_fits: int = option(
        0,
        ge=0,
        help="Fits per geometry by which the run says which of its spaces the rows have, as "
        "geoframe ames select does with three; 0: it does not.",
    )
    trainer: Component = fixed_trainer()


@attrs.frozen(kw_only=True)
class AMESConfig(MethodConfig):
    """Several latent graphs and geometries at once, merged and ranked."""

    data: DataConfig = section(DataConfig, help="The rows.")
    split: SplitConfig = section(SplitConfig, help="Training, validation and test rows.")
    ames: BranchesConfig = section(BranchesConfig, help="Branches and how they are merged.")
    embedder: Component = point_encoder(
        "From features to latent points, one for each latent branch."
    )
    graph: GraphConfig = section(GraphConfig, help="How latent graphs are learned.")
    network: NetworkConfig = section(NetworkConfig, help="The layers on every graph.")
    trainer: Component = latent_trainer(
        "watched", "How latent branches, or the attention network, are fitted."
    )
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is compared.")
