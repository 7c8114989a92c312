"""From a config and distances to embeddings, and back from a run directory."""

from __future__ import annotations

import time

import attrs
import numpy as np
import torch
from torch import Tensor

from geoframe import ConfigError, DataError, Geometry
from geoframe.components import Component
from geoframe.embedders.table import Table
from geoframe.run.directory import Run
from geoframe_embedding.building import Items, build_embedding
from geoframe_embedding.distances import Floats
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.objective import PairObjective
from geoframe_embedding.pairs import choose_pairs
from geoframe_embedding.store import keep_embedding, keep_names, read_items, read_names
from geoframe_snowflake.coordinates import Coordinates
from geoframe_snowflake.curve import JointlyFitted
from geoframe_snowflake.exact.fit import ExactFit
from geoframe_snowflake.initialization import calibrate, fit_curve, freeze
from geoframe_snowflake.joint.fit import fit_jointly
from geoframe_snowflake.joint.sampled import fit_jointly_sampled
from geoframe_snowflake.metric.finite_metric import FiniteMetric, GraphMetric
from geoframe_snowflake.power import SnowflakePower
from geoframe_snowflake.run_config import SnowflakeRunConfig
from geoframe_snowflake.trained import TrainedSnowflake

JITTER = 1e-2
"""Noise that separates points at one place, in units of the standard deviation of all."""


@attrs.frozen(kw_only=True, eq=False)
class Fitted:
    """A trained embedding and what it took."""

    trained: TrainedSnowflake
    parameters: int
    """Number of trained numbers."""
    seconds: float
    """CPU seconds."""


def train(
    config: SnowflakeRunConfig,
    component: Component,
    metric: FiniteMetric,
    exact: ExactFit | None,
    run: Run | None,
) -> Fitted:
    """Fit one geometry to the distances; with a ``run``, log and keep checkpoints there."""
    started = time.process_time()
    options = config.snowflake
    # The same numbers for each geometry, whatever was trained before it.
    torch.manual_seed(config.seed)
    embedding = build(config, component, items_of(metric))
    if _is_joint(config, embedding, metric):
        return _fit_jointly(config, embedding, metric, started)
    if exact is not None and options.start == "exact" and isinstance(embedding.embedder, Table):
        _start_at(embedding.embedder, exact.start(embedding.geometry.dim), config.seed)
    chosen = choose_pairs(metric, options.pairs, seed=config.seed, directed=not metric.symmetric)
    if options.loss != "squared":
        chosen = chosen.apart()
    pairs, targets = torch.from_numpy(chosen.index), torch.from_numpy(chosen.given)
    targets = targets.to(embedding.scale.dtype)
    freeze(embedding, options.frozen if component is config.geometry else ())
    calibrate(embedding, pairs, targets)
    fit_curve(embedding, pairs, targets, options.loss, steps=options.curve_steps)
    objective = PairObjective(embedding, pairs, targets, options.loss)
    parameters = sum(p.numel() for p in embedding.parameters() if p.requires_grad)
    if parameters:
        config.trainer.build().fit(objective, run)
    return Fitted(
        trained=TrainedSnowflake(embedding.cpu(), metric.names, data=config.data),
        parameters=parameters,
        seconds=time.process_time() - started,
    )


def _is_joint(config: SnowflakeRunConfig, embedding: EmbeddedItems, metric: FiniteMetric) -> bool:
    """Whether points and curve are fitted together, without the trainer."""
    table = embedding.embedder
    return (
        isinstance(embedding.geometry, JointlyFitted)
        and isinstance(table, Table)
        and table.codes is None
        and metric.symmetric
    )


@torch.no_grad()
def _fit_jointly(
    config: SnowflakeRunConfig, embedding: EmbeddedItems, metric: FiniteMetric, started: float
) -> Fitted:
    geometry, table = embedding.geometry, embedding.embedder
    assert isinstance(geometry, JointlyFitted)
    assert isinstance(table, Table)
    dim, options = embedding.geometry.dim, config.snowflake
    if len(metric) <= options.joint_limit:
        found = fit_jointly(metric.matrix(), dim, focus=options.focus, seed=config.seed)
    else:
        found = fit_jointly_sampled(metric, dim, focus=options.focus, seed=config.seed)
    geometry.set_curve(found.exponent, found.offset, found.jump)
    table.rows.copy_(torch.from_numpy(found.points))
    return Fitted(
        trained=TrainedSnowflake(embedding, metric.names, data=config.data),
        parameters=table.rows.numel() + 2,
        seconds=time.process_time() - started,
    )


def check_exactness(config: SnowflakeRunConfig, metric: FiniteMetric) -> None:
    """See that a run without training has distances that points can have.

    Raises
    ------
    DataError
        If two items at distance zero differ in other distances.
    """
    if metric.conflict and not config.snowflake.train:
        raise DataError(f"{metric.conflict}: no points have such distances; train a geometry")


def check_symmetry(config: SnowflakeRunConfig, metric: FiniteMetric) -> None:
    """See that a geometry can hold two distances for a pair, if the data have two.

    Raises
    ------
    ConfigError
        If ``[geometry]`` gives both directions one distance, or nothing is trained at all.
    """
    if metric.symmetric:
        return
    if not config.snowflake.train:
        raise ConfigError(
            [
                "data.asymmetry: with snowflake.train = false both directions of a pair have one "
                "distance; take mean, min or max"
            ]
        )
    if config.geometry.build().promise.symmetric:
        raise ConfigError(
            [
                f"data.asymmetry: in geometry '{config.geometry.name}' both directions of a pair "
                "have one distance; take mean, min or max, or --set "
                "geometry.name=snowflake-directed"
            ]
        )


def items_of(metric: FiniteMetric) -> Items:
    """What an embedder may see of the items."""
    return Items(
        count=len(metric),
        features=metric.features,
        edges=metric.edges,
        lengths=metric.lengths if isinstance(metric, GraphMetric) else None,
    )


def build(config: SnowflakeRunConfig, component: Component, items: Items) -> EmbeddedItems:
    """Put embedder and geometry together, untrained.

    Raises
    ------
    ConfigError
        If the geometry has negative distances, or features are to be coordinates of it and
        their number is another, or the embedder uses a graph and there is none.
    DataError
        If features are needed and there are none.
    """
    geometry: Geometry = component.build()
    if not geometry.promise.nonnegative:
        raise ConfigError(
            [f"geometry: '{component.name}' has negative distances, which no data here have"]
        )
    dtype = torch.float64 if config.snowflake.double else torch.float32
    if config.snowflake.encode:
        built = build_embedding(config.embedder, geometry, items, remedy="give data.nodes")
    else:
        built = _as_coordinates(geometry, items)
    return built.to(dtype)


def _as_coordinates(geometry: Geometry, items: Items) -> EmbeddedItems:
    if items.features is None:
        raise DataError(
            "snowflake.encode = false needs features of the items, and there are none; give "
            "data.nodes"
        )
    width = items.features.shape[1]
    if width != geometry.dim:
        raise ConfigError(
            [
                f"geometry.dim: {geometry.dim}, but the items have {width} features, and with "
                "snowflake.encode = false these are the coordinates"
            ]
        )
    return EmbeddedItems(Coordinates(width), geometry, torch.tensor(items.features))


@torch.no_grad()
def _start_at(table: Table, layout: Floats, seed: int) -> None:
    """Start the rows of a table at a layout, in units of its standard deviation."""
    unit = max(float(layout.std()), np.finfo(np.float64).tiny)
    noise = np.random.default_rng(seed).standard_normal(layout.shape)
    table.rows.copy_(torch.from_numpy(layout / unit + JITTER * noise))


def exact_model(points: Tensor, exponent: float) -> EmbeddedItems:
    """Points ``(n, dim)`` of an exact embedding as a model, in their own precision."""
    geometry = SnowflakePower(points.shape[1], exponent=exponent)
    table = Table(*points.shape)
    embedding = EmbeddedItems(table, geometry, torch.arange(len(points))).to(points.dtype)
    with torch.no_grad():
        table.rows.copy_(points)
    return embedding


def keep(result: TrainedSnowflake, metric: FiniteMetric, run: Run) -> None:
    """Write what :func:`restore` needs into the run directory."""
    keep_names(run, result.names)
    exact = result if run.config.snowflake.train is False else result.exact
    if exact is not None:
        geometry = exact.embedding.geometry
        assert isinstance(geometry, SnowflakePower)
        run.write_tensors("exact", {"points": exact.points})
        run.write_json("exact", {"exponent": geometry.fixed})
    if run.config.snowflake.train:
        keep_embedding(run, result.embedding, items_of(metric))


def restore(run: Run) -> TrainedSnowflake:
    """Rebuild what a finished run made, without its data."""
    config: SnowflakeRunConfig = run.config
    names = read_names(run)
    exact = None
    if config.snowflake.exact:
        points = run.read_tensors("exact")["points"]
        model = exact_model(points, run.read_json("exact")["exponent"])
        exact = TrainedSnowflake(model, names, data=config.data)
        if not config.snowflake.train:
            return exact
    items, state = read_items(run, len(names))
    embedding = build(config, config.geometry, items)
    embedding.load_state_dict(state)
    return TrainedSnowflake(embedding, names, data=config.data, exact=exact)
