"""Options of the cgenn method. Torch-free."""

from __future__ import annotations

from typing import Literal

import attrs

from geoframe.capabilities import BilinearForm
from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section
from geoframe_data.options import TableFormat, TableOptions

TargetKind = Literal["auto", "number", "class", "vector", "point"]
Rival = Literal[
    "ridge-invariants",
    "boosting-invariants",
    "perceptron-invariants",
    "perceptron-coordinates",
]


@attrs.frozen(kw_only=True)
class VectorDataConfig(TableOptions):
    """A table with columns that are named as vectors: the user's file, or a dataset by name."""

    format: TableFormat = option(
        "auto", help="Format of the file; auto goes by content and suffix."
    )
    points: tuple[tuple[str, ...], ...] = option(
        (),
        help="Columns of each position, such as [['x', 'y', 'z']]: their mean over a set is taken "
        "off, so that answers do not depend on where the origin is. In an npz, names of arrays.",
    )
    vectors: tuple[tuple[str, ...], ...] = option(
        (), help="Columns of each vector (velocity, force, momentum), components in one order."
    )
    scalars: tuple[str, ...] = option((), help="Columns of numbers that no rotation changes.")
    group: str | None = option(
        None, help="Column that says which rows belong together as one set of particles."
    )
    target: tuple[str, ...] = option(
        ("target",), help="Column to predict, or the columns of a vector to predict."
    )
    target_kind: TargetKind = option(
        "auto",
        help="What the target is; auto is a vector for several columns, a class for text or few "
        "whole numbers, else a number. A point moves with the first of the points.",
    )
    split: str | None = option(
        None, help="Column with train, validation and test (or 0, 1, 2); drawn if left out."
    )
    validation_fraction: float = option(0.15, gt=0, lt=1, help="Share of sets for validation.")
    test_fraction: float = option(0.15, gt=0, lt=1, help="Share of sets for the test.")
    train_size: int | None = option(
        None, ge=1, unit="sets", help="Use only so many of the training sets."
    )
    largest_set: int | None = option(
        None, ge=1, unit="rows", help="Keep only the first so many rows of each set."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "hidden-metric"},
        provides=("vectors",),
        help="The data to use when path is left out.",
    )

    def __attrs_post_init__(self) -> None:
        if self.validation_fraction + self.test_fraction >= 1:
            raise ValueError("validation_fraction and test_fraction: nothing is left to train on")
        if self.path is None:
            return
        columns = [*self.points, *self.vectors]
        if not columns:
            raise ValueError(
                "vectors: name the columns of the vectors, such as vectors = [['x', 'y', 'z']]"
            )
        for names in columns:
            if len(names) != len(columns[0]):
                raise ValueError(
                    f"vectors: {list(names)} has {len(names)} components and "
                    f"{list(columns[0])} has {len(columns[0])}"
                )


@attrs.frozen(kw_only=True)
class NetworkConfig:
    """The network, its metric, and what the metric is compared with."""

    metric: Literal["fixed", "learned"] = option(
        "learned", help="Whether the metric is that of the geometry, or learned from there."
    )
    signature: Literal["fixed", "free", "scan"] = option(
        "fixed",
        help="Signature of a learned metric: that of the geometry (fixed), any (free; gradient "
        "steps rarely change it), or the best of a short training with each pattern of signs.",
    )
    scan_steps: int = option(300, ge=1, unit="steps", help="Steps of each training of a scan.")
    unfreeze: float = option(
        0.0, ge=0, le=1, help="Share of the training after which the metric begins to train."
    )
    metric_rate: float = option(
        1.0, gt=0, help="Learning rate of the metric, in units of trainer.learning_rate."
    )
    noise: float = option(
        1e-3, ge=0, help="Noise on a learned metric at the start; at least 1e-5 if it is free."
    )
    per_layer: bool = option(
        False, help="A learned metric for each layer; there is then no exact common symmetry."
    )
    replicas: int = option(
        3, ge=1, help="Trainings from different seeds: the spread of the metric and of the scores."
    )
    compare: bool = option(
        True, help="Train with the fixed metric too, for as many steps and from the same seeds."
    )
    network: Literal["sets", "jets", "volumes", "hulls", "pairs"] = option(
        "sets",
        help="The general network (sets), or one of the published experiments: jets tells what "
        "sets are, the others predict a number from the vectors of a row.",
    )
    channels: int = option(16, ge=1, help="Multivectors of a row.")
    layers: int = option(2, ge=1, le=16, help="Layers, of two blocks each.")
    hidden: int = option(
        64,
        ge=1,
        help="Width of the perceptron behind the invariants; of jets, scalars of a row.",
    )
    standardize: bool = option(
        True,
        help="Train on numbers of mean 0 and deviation 1; the published experiments take targets "
        "as they are.",
    )
    messages: Literal["auto", "none", "pairs", "pooled"] = option(
        "auto",
        help="How rows of a set learn of each other: from every other row (pairs), from their sum "
        "(pooled), or not; auto takes pairs up to 8 rows.",
    )
    compiled: bool = option(
        True, help="Compile the kernels where a C compiler is found (once, a few seconds)."
    )

    def __attrs_post_init__(self) -> None:
        if self.metric == "learned" and self.signature == "free" and self.noise < 1e-5:
            raise ValueError("noise: must be at least 1e-5 for a free signature")


@attrs.frozen(kw_only=True)
class EvaluationConfig:
    """What is measured after training."""

    isometries: int = option(
        4,
        ge=1,
        help="Random isometries of the metric that the error of equivariance is taken over.",
    )
    rivals: tuple[Rival, ...] = option(
        ("ridge-invariants", "boosting-invariants"),
        help="Models of scikit-learn that numbers and classes are predicted by beside the network: "
        "on what no isometry of the fixed metric changes, or on bare coordinates.",
    )


@attrs.frozen(kw_only=True)
class CGENNConfig(MethodConfig):
    """Clifford-equivariant network on vectors, with a fixed or a learned metric."""

    data: VectorDataConfig = section(VectorDataConfig, help="The table.")
    geometry: Component = component(
        "geometry",
        default={"name": "quadratic-form"},
        needs=(BilinearForm,),
        help="Anything with a bilinear form (quadratic-form, euclidean, minkowski): the fixed "
        "metric, or where a learned one starts. Its dim is that of the vectors.",
    )
    cgenn: NetworkConfig = section(NetworkConfig, help="The network and its metric.")
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "steps": 1500,
            "learning_rate": 3e-3,
            "batch_size": 64,
            "schedule": "cosine",
            "warmup": 20,
        },
        help="How the parameters are fitted.",
    )
    evaluation: EvaluationConfig = section(EvaluationConfig, help="What is measured at the end.")
