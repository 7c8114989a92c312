"""Options of the lgi method. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section
from geoframe_data.options import TableFormat, TableOptions

Peer = Literal[
    "mlp",
    "logistic",
    "forest",
    "boosting",
    "label-spreading",
    "knn-gcn",
    "knn-smooth",
    "knn-hops",
    "gcn",
    "sage",
    "h2gcn",
    "hops",
    "refined-smooth",
    "unlearned-graph",
]


@attrs.frozen(kw_only=True)
class DataConfig(TableOptions):
    """Rows with features, a target for some of them, and perhaps a graph."""

    format: Literal[TableFormat, "graph"] = option(
        "auto",
        help="Format of the file; auto goes by content and suffix. graph: GraphML, GML, JSON, "
        "npz or safetensors of a graph whose nodes carry features.",
    )
    target: str | tuple[str, ...] | None = option(
        None,
        help="Column to predict, or several; rows without a value are predicted. Left out, the "
        "column label, target, class or y.",
    )
    task: Literal["auto", "classification", "multi-label", "regression"] = option(
        "auto",
        help="auto: texts, truth values and at most 20 whole numbers are classes; several columns "
        "of zeros and ones are labels; other numbers are regression.",
    )
    features: tuple[str, ...] = option(
        ("*",), help="Columns to use as features, by name or pattern; * takes every other column."
    )
    features_are: Literal["auto", "numbers", "words"] = option(
        "auto",
        help="numbers are standardised; words (many zeros, few ones) are compared by cosine.",
    )
    edges: Path | None = option(
        None, help="Edges among the rows, if there is a graph; data.id is the column of its names."
    )
    splits: tuple[str, ...] = option(
        (),
        help="Columns (names or patterns) whose cells say train, validation or test; each is a "
        "split of its own.",
    )
    validation_path: Path | None = option(
        None, help="File of the rows that choose, if they are not in the first one."
    )
    test_path: Path | None = option(
        None, help="File of the rows that test, if they are not in the first one."
    )
    group: str | None = option(
        None, help="Column of groups (patients, plates): no group stands on two sides of a split."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "node-graph"},
        provides=("table", "graph"),
        help="The rows to use when path is left out.",
    )

    def __attrs_post_init__(self) -> None:
        if self.validation_path is not None and self.test_path is None:
            raise ValueError("validation_path: needs test_path too")
        if self.test_path is not None and (self.path is None or self.splits):
            raise ValueError("test_path: needs path, and stands for splits")


@attrs.frozen(kw_only=True)
class SplitConfig:
    """Which labelled rows train, which choose and which test, where no column says so."""

    test: float = option(0.2, gt=0, lt=1, help="Share of labelled rows that test.")
    validation: float = option(
        0.2, ge=0, lt=1, help="Share of labelled rows that choose (early stopping, best peer)."
    )
    per_class: int = option(
        0, ge=0, unit="rows", help="Training rows per class, all others test; 0: by shares."
    )
    folds: int = option(0, ge=0, help="Test each of so many folds in turn; 0: draw splits.")
    repeats: int = option(
        0, ge=0, help="Splits to draw, or how many split columns to use; 0: one, or all columns."
    )
    stratify: bool = option(True, help="Keep the shares of the classes in every part.")

    def __attrs_post_init__(self) -> None:
        if self.test + self.validation >= 1:
            raise ValueError("test: test and validation leave nothing to train on")
        if self.folds == 1:
            raise ValueError("folds: at least 2 are needed (0 draws splits)")


@attrs.frozen(kw_only=True)
class GraphConfig:
    """How edges are drawn, and what they are credited with."""

    k: int = option(8, ge=1, unit="edges", help="In-edges of every node.")
    module: Literal["discrete", "continuous"] = option(
        "discrete",
        help="discrete draws k edges per node; continuous weighs all pairs (dense, n^2 memory).",
    )
    noise: Literal["race", "reversed", "none"] = option(
        "race",
        help="race draws exactly from p ~ exp(-tau D); reversed has the sign of the published "
        "dense code; none takes the nearest.",
    )
    self_edges: bool = option(False, help="Whether a node may be its own source.")
    power: Literal[1, 2] = option(
        2, help="D is the distance of the latent geometry to this power (a snowflake: 1)."
    )
    start: Literal["principal", "random"] = option(
        "principal", help="First latent points: principal axes of the features, or random maps."
    )
    latent_input: Literal["features", "hidden"] = option(
        "features", help="What the first graph module reads: the features, or detach(W X)."
    )
    encoder_graph: Literal["given", "sampled"] = option(
        "given",
        help="Graph that encoders with graph layers see: the given one, or, after the first "
        "module, the one drawn before.",
    )
    loss: Literal["log", "probability"] = option(
        "log", help="Graph loss of log p (the paper) or of p (its code)."
    )
    loss_weight: float = option(
        1.0, ge=0, help="Weight of the graph loss; 0 leaves the graph as it starts."
    )
    decay: float = option(
        0.95, ge=0, lt=1, help="Decay of the running mean of a node's success (0.9 in the paper)."
    )
    passes: int = option(
        10, ge=1, help="Graphs drawn for a prediction, whose probabilities are averaged."
    )


@attrs.frozen(kw_only=True)
class NetworkConfig:
    """The graph neural network on the drawn graphs."""

    layer: str = option(
        "mean",
        help="Graph layer: mean; gcn, gat, sage, edge or any class of torch_geometric.nn; or "
        "module:Class of your own.",
    )
    widths: tuple[int, ...] = option(
        (32, 32), ge=1, unit="units", help="Widths before the first and after each graph layer."
    )
    modules: int = option(1, ge=1, help="Layers that draw a graph; later ones use the last again.")
    dropout: float | None = option(
        None,
        ge=0,
        lt=1,
        help="Share of features left out in training; left out, 0.2 up to 200 features, else 0.5.",
    )
    class_weights: bool = option(False, help="Let every class count the same.")
    loss: Literal["cross-entropy", "binary"] = option(
        "cross-entropy", help="Loss of classes; binary is the published code's."
    )

    def __attrs_post_init__(self) -> None:
        if len(self.widths) < 2:
            raise ValueError("widths: at least two numbers, for one graph layer between them")
        if self.modules >= len(self.widths):
            raise ValueError(f"modules: {len(self.widths) - 1} graph layers can draw at most")


def point_encoder(help: str) -> Any:
    """Declare the embedder from features to latent points."""
    return component(
        "embedder",
        default={"name": "mlp", "hidden": 32, "layers": 1, "norm": "none", "activation": "relu"},
        items=("features",),
        help=help,
    )


def latent_trainer(monitor: str, help: str) -> Any:
    """Declare the trainer of networks with drawn graphs, and what its patience watches."""
    return component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 300,
            "learning_rate": 0.01,
            "optimizer": "adam",
            "clip_norm": 100.0,
            "evaluate_every": 20,
            "log_every": 10,
            "patience": 5,
            "monitor": monitor,
        },
        help=help,
    )


def fixed_trainer() -> Any:
    """Declare the trainer of networks on fixed graphs."""
    return component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 160,
            "learning_rate": 0.01,
            "optimizer": "adam",
            "weight_decay": 5e-4,
            "clip_norm": 100.0,
            "evaluate_every": 4,
            "log_every": 20,
        },
        help="How the networks on fixed graphs are fitted; each member is stopped where its "
        "held-out rows are best, as often as evaluate_every looks.",
    )


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is compared and reported."""

    seeds: int = option(1, ge=1, help="Trainings of the latent graph on every split.")
    peers: tuple[Peer, ...] | None = option(
        None,
        help="Models trained on the same rows for comparison; left out, all that the data allow "
        "except boosting and the variants of kNN. unlearned-graph is the same network on the "
        "graph as it starts.",
    )
    trainer: Component = fixed_trainer()


@attrs.frozen(kw_only=True)
class LGIConfig(MethodConfig):
    """Latent graph inference: classify or predict rows over a graph that is learned with it."""

    data: DataConfig = section(DataConfig, help="The rows.")
    split: SplitConfig = section(SplitConfig, help="Training, validation and test rows.")
    geometry: Component = component(
        "geometry",
        default={"name": "euclidean", "dim": 8},
        help="Where the latent points live: any geometry, a product too.",
    )
    embedder: Component = point_encoder(
        "From features to latent points; graph-layers sees the given graph."
    )
    graph: GraphConfig = section(GraphConfig, help="How the graph is learned.")
    network: NetworkConfig = section(NetworkConfig, help="The network on the graph.")
    trainer: Component = latent_trainer("held_out", "How the parameters are fitted.")
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is compared.")
