"""From a config and distances to embeddings, and back from a run directory."""

from __future__ import annotations

import time

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from geoframe import ConfigError, DataError, Embedder, Geometry
from geoframe.components import Component
from geoframe.embedders.table import Table
from geoframe.run.directory import Run
from geoframe_snowflake.embedding import Coordinates, GeometryEmbedding
from geoframe_snowflake.exact_fit import ExactFit
from geoframe_snowflake.finite_metric import FiniteMetric, Floats
from geoframe_snowflake.objective import DistanceObjective
from geoframe_snowflake.pairs import choose_pairs
from geoframe_snowflake.power import SnowflakePower
from geoframe_snowflake.run_config import SnowflakeRunConfig
from geoframe_snowflake.start import calibrate, fit_curve, freeze
from geoframe_snowflake.trained import TrainedEmbedding

INPUTS = "inputs"
"""Name of the items' inputs among the tensors of a finished run."""
JITTER = 1e-2
"""Noise that separates points at one place, in units of the standard deviation of all."""


@attrs.frozen(kw_only=True, eq=False)
class Fitted:
    """A trained embedding and what it took."""

    trained: TrainedEmbedding
    parameters: int
    """Number of trained numbers."""
    seconds: float


def train(
    config: SnowflakeRunConfig,
    component: Component,
    metric: FiniteMetric,
    exact: ExactFit | None,
    run: Run | None,
) -> Fitted:
    """Fit one geometry to the distances; with a ``run``, log and keep checkpoints there."""
    started = time.perf_counter()
    options = config.snowflake
    # The same numbers for each geometry, whatever was trained before it.
    torch.manual_seed(config.seed)
    embedding = build(config, component, len(metric), metric.features)
    if exact is not None and options.start == "exact" and isinstance(embedding.embedder, Table):
        _start_at(embedding.embedder, exact.start(embedding.geometry.dim), config.seed)
    chosen = choose_pairs(metric, options.pairs, seed=config.seed)
    if options.loss != "squared":
        chosen = chosen.apart()
    pairs, targets = torch.from_numpy(chosen.index), torch.from_numpy(chosen.given)
    targets = targets.to(embedding.scale.dtype)
    freeze(embedding, options.frozen if component is config.geometry else ())
    calibrate(embedding, pairs, targets)
    fit_curve(embedding, pairs, targets, options.loss, steps=options.curve_steps)
    objective = DistanceObjective(embedding, pairs, targets, options.loss)
    parameters = sum(p.numel() for p in embedding.parameters() if p.requires_grad)
    if parameters:
        config.trainer.build().fit(objective, run)
    return Fitted(
        trained=TrainedEmbedding(embedding.cpu(), metric.names),
        parameters=parameters,
        seconds=time.perf_counter() - started,
    )


def build(
    config: SnowflakeRunConfig,
    component: Component,
    n: int,
    features: NDArray[np.float32] | None,
) -> GeometryEmbedding:
    """Put embedder and geometry together, untrained.

    Raises
    ------
    ConfigError
        If the geometry has negative distances, or features are to be coordinates of it and
        their number is another.
    DataError
        If features are needed and there are none.
    """
    geometry: Geometry = component.build()
    if not geometry.promise.nonnegative:
        raise ConfigError(
            [f"geometry: '{component.name}' has negative distances, which no data here have"]
        )
    dtype = torch.float64 if config.snowflake.double else torch.float32
    embedder, inputs = _embedder(config, geometry, n, features)
    return GeometryEmbedding(embedder, geometry, inputs).to(dtype)


def _embedder(
    config: SnowflakeRunConfig, geometry: Geometry, n: int, features: NDArray[np.float32] | None
) -> tuple[Embedder, Tensor]:
    encode = config.snowflake.encode
    inductive = getattr(config.embedder.spec.load(), "inductive", True) or not encode
    if inductive and features is None:
        what = f"embedder '{config.embedder.name}'" if encode else "snowflake.encode = false"
        raise DataError(f"{what} needs features of the items, and there are none; give data.nodes")
    if not inductive or features is None:
        built = config.embedder.build(in_features=n, out_features=geometry.dim)
        return built, torch.arange(n)
    inputs, width = torch.tensor(features), features.shape[1]
    if encode:
        return config.embedder.build(in_features=width, out_features=geometry.dim), inputs
    if width != geometry.dim:
        raise ConfigError(
            [
                f"geometry.dim: {geometry.dim}, but the items have {width} features, and with "
                "snowflake.encode = false these are the coordinates"
            ]
        )
    return Coordinates(width), inputs


@torch.no_grad()
def _start_at(table: Table, layout: Floats, seed: int) -> None:
    """Start the rows of a table at a layout, in units of its standard deviation."""
    unit = max(float(layout.std()), np.finfo(np.float64).tiny)
    noise = np.random.default_rng(seed).standard_normal(layout.shape)
    table.rows.copy_(torch.from_numpy(layout / unit + JITTER * noise))


def exact_model(points: Tensor, exponent: float) -> GeometryEmbedding:
    """Points ``(n, dim)`` of an exact embedding as a model, in their own precision."""
    geometry = SnowflakePower(points.shape[1], exponent=exponent)
    table = Table(*points.shape)
    embedding = GeometryEmbedding(table, geometry, torch.arange(len(points))).to(points.dtype)
    with torch.no_grad():
        table.rows.copy_(points)
    return embedding


def keep(result: TrainedEmbedding, run: Run) -> None:
    """Write what :func:`restore` needs into the run directory."""
    run.write_json("items", result.names)
    exact = result if run.config.snowflake.train is False else result.exact
    if exact is not None:
        geometry = exact.embedding.geometry
        assert isinstance(geometry, SnowflakePower)
        run.write_tensors("exact", {"points": exact.points})
        run.write_json("exact", {"exponent": geometry.fixed})
    if run.config.snowflake.train:
        embedding = result.embedding
        run.write_tensors("model", {**embedding.state_dict(), INPUTS: embedding.inputs})


def restore(run: Run) -> TrainedEmbedding:
    """Rebuild what a finished run made, without its data."""
    config: SnowflakeRunConfig = run.config
    names = run.read_json("items")
    exact = None
    if config.snowflake.exact:
        points = run.read_tensors("exact")["points"]
        exact = TrainedEmbedding(exact_model(points, run.read_json("exact")["exponent"]), names)
        if not config.snowflake.train:
            return exact
    state = run.read_tensors("model")
    inputs = state.pop(INPUTS)
    features = inputs.float().numpy() if inputs.ndim == 2 else None
    embedding = build(config, config.geometry, len(names), features)
    embedding.load_state_dict(state)
    return TrainedEmbedding(embedding, names, exact=exact)
