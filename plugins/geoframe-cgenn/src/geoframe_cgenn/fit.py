"""From a config and data to trained networks: the scan, the seeds, the fixed metric beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import attrs
import torch
from torch import Tensor

from geoframe import Training
from geoframe.errors import ConfigError
from geoframe.run.directory import Run
from geoframe_cgenn.config import CGENNConfig, NetworkConfig
from geoframe_cgenn.metric.learned import FixedMetric, FrameMetric, Metric, SpectralMetric
from geoframe_cgenn.metric.symmetry import sign_patterns, signature
from geoframe_cgenn.models.jets import JetNetwork
from geoframe_cgenn.models.network import CliffordNetwork
from geoframe_cgenn.models.predictor import CliffordPredictor, Network
from geoframe_cgenn.models.published import PublishedNetwork
from geoframe_cgenn.models.shape import Messages, Shape
from geoframe_cgenn.objective import VectorObjective, standard_loss
from geoframe_cgenn.sets import Kind, VectorSets
from geoframe_cgenn.start import start_matrix

MetricKind = Literal["fixed", "frame", "spectral"]
FEW_ROWS = 8
"""Rows of a set up to which messages between all pairs are affordable."""


@attrs.frozen(kw_only=True, eq=False)
class Fitted:
    """One training."""

    predictor: CliffordPredictor
    metric: MetricKind
    seed: int
    training: Training
    validation_loss: float

    @property
    def matrix(self) -> Tensor:
        """M of the first layer, in the coordinates of the data ``(n, n)``."""
        metric = self.predictor.network.metrics[0]
        assert isinstance(metric, Metric)
        return metric.matrix().detach().cpu()


@attrs.frozen(kw_only=True, eq=False)
class Fits:
    """All trainings of a run."""

    start: Tensor
    """M that the learned metric started from, or the fixed one."""
    main: Sequence[Fitted]
    """A training with the metric that was asked for from each seed."""
    fixed: Sequence[Fitted]
    """With the fixed metric, from the same seeds and for as many steps; may be empty."""
    scan: Sequence[dict[str, Any]] = ()
    """Signs and validation loss of each pattern of a scan."""

    @property
    def best(self) -> Fitted:
        """The one of ``main`` with the least validation loss."""
        return min(self.main, key=lambda fitted: fitted.validation_loss)


def fit_all(config: CGENNConfig, sets: VectorSets, run: Run) -> Fits:
    """Train everything that the config asks for, each training in a part of the run.

    Raises
    ------
    ConfigError
        If the geometry has no form for these vectors, or the trainer no steps to scan with.
    """
    options = config.cgenn
    start = start_matrix(config.geometry, sets.n)
    learned = options.metric == "learned"
    scan: list[dict[str, Any]] = []
    if learned and options.signature == "scan":
        scan = _scan(config, sets, run)
        best = min(scan, key=lambda row: float(row["validation_loss"]))
        start = torch.diag(torch.tensor(best["squares"]))
    kind: MetricKind = "fixed"
    if learned:
        kind = "spectral" if options.signature == "free" else "frame"
    main, fixed = [], []
    for replica in range(options.replicas):
        seed = config.seed + replica
        main.append(_fit(config, sets, start, kind, seed, run.part(f"{options.metric}-{seed}")))
        if learned and options.compare:
            fixed.append(_fit(config, sets, start, "fixed", seed, run.part(f"fixed-{seed}")))
    return Fits(start=start, main=main, fixed=fixed, scan=scan)


def _scan(config: CGENNConfig, sets: VectorSets, run: Run) -> list[dict[str, Any]]:
    rows = []
    for squares in sign_patterns(sets.n):
        name = "".join("+" if square > 0 else "-" for square in squares)
        fitted = _fit(
            config,
            sets,
            torch.diag(torch.tensor(squares)),
            "fixed",
            config.seed,
            run.part(f"scan/{name.replace('+', 'p').replace('-', 'm')}"),
            steps=config.cgenn.scan_steps,
        )
        rows.append({"signs": name, "squares": squares, "validation_loss": fitted.validation_loss})
    return rows


def _fit(
    config: CGENNConfig,
    sets: VectorSets,
    start: Tensor,
    kind: MetricKind,
    seed: int,
    run: Run,
    *,
    steps: int | None = None,
) -> Fitted:
    torch.manual_seed(seed)
    predictor = build(shape_for(config.cgenn, sets, start), kind, start, sets.kind, config.cgenn)
    train, validation = sets.part("train"), sets.part("validation")
    predictor.measure(train, targets=config.cgenn.standardize)
    objective = VectorObjective(
        predictor,
        train,
        validation,
        unfreeze=0.0 if kind == "fixed" else config.cgenn.unfreeze,
        metric_rate=config.cgenn.metric_rate,
    )
    training = _trainer(config, steps).fit(objective, run)
    predictor = objective.predictor.cpu().eval()
    return Fitted(
        predictor=predictor,
        metric=kind,
        seed=seed,
        training=training,
        validation_loss=standard_loss(predictor, validation),
    )


def _trainer(config: CGENNConfig, steps: int | None) -> Any:
    if steps is None:
        return config.trainer.build()
    options = {field.name for field in attrs.fields(type(config.trainer.options))}
    if "steps" not in options:
        raise ConfigError(
            [
                f"cgenn.signature: the trainer '{config.trainer.name}' has no steps to scan with; "
                "use 'gradient', or signature = 'fixed'"
            ]
        )
    return config.trainer.build(steps=steps, **({"epochs": None} if "epochs" in options else {}))


def shape_for(options: NetworkConfig, sets: VectorSets, start: Tensor) -> Shape:
    """Sizes of the network for some data."""
    largest = int(sets.sizes.max())
    messages: Messages
    if options.network == "jets":
        messages = "pairs"
    elif options.messages != "auto":
        messages = options.messages
    else:
        messages = "none" if largest == 1 else "pairs" if largest <= FEW_ROWS else "pooled"
    outputs = {"number": 1, "class": len(sets.classes), "vector": 0, "point": 0}[sets.kind]
    # Lengths by an indefinite form vanish for null vectors, and must not be divided by.
    definite = 0 in signature(start)[:2] and signature(start)[2] == 0
    return Shape(
        network=options.network,
        scalars=sets.scalars.shape[1],
        vectors=sets.vectors.shape[1],
        channels=options.channels,
        layers=options.layers,
        messages=messages,
        hidden=options.hidden,
        outputs=outputs,
        of_sets=sets.of_sets,
        typical_size=float(sets.part("train").sizes.mean()),
        normalize=definite and options.signature == "fixed",
    )


def build(
    shape: Shape, metric: MetricKind, start: Tensor, kind: Kind, options: NetworkConfig
) -> CliffordPredictor:
    """Put network and metric together, untrained."""
    several = options.per_layer and shape.network == "sets"
    count = shape.layers + 1 if several and metric != "fixed" else 1
    # The metric's noise must not move the other weights: fixed and learned start alike.
    with torch.random.fork_rng(devices=[]):
        metrics = [metric_of(metric, start, options.noise) for _ in range(count)]
    try:
        network: Network
        if shape.network == "sets":
            network = CliffordNetwork(shape, *metrics)
        elif shape.network == "jets":
            network = JetNetwork(shape, metrics[0])
        else:
            network = PublishedNetwork(shape, metrics[0])
    except ValueError as error:
        raise ConfigError([f"cgenn.network: {error}"]) from None
    return CliffordPredictor(network, kind)


def metric_of(kind: MetricKind, start: Tensor, noise: float) -> Metric:
    """Build a metric that starts at M."""
    if kind == "frame":
        return FrameMetric(start, noise=noise)
    if kind == "spectral":
        return SpectralMetric(start, noise=noise)
    return FixedMetric(start)
