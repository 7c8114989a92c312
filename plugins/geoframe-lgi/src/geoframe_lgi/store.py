"""What a finished run keeps of its networks and rows, and how they are rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from geoframe.run.directory import Run
from geoframe_data import Schema
from geoframe_lgi.config import LGIConfig
from geoframe_lgi.data import Loaded
from geoframe_lgi.encoding import Encoder
from geoframe_lgi.fit import FittedLatent, Recipe, build_network
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.objective import LatentGraphObjective
from geoframe_lgi.task import Mask, NodeTask
from geoframe_lgi.trained import TrainedGraph

ROWS = "rows"
MODEL = "model"


def keep_rows(run: Run, loaded: Loaded) -> None:
    """Keep the rows, since predictions of new rows are made over edges from them."""
    task = loaded.task
    run.write_json(
        ROWS,
        {
            "names": list(task.names),
            "kind": task.kind,
            "outputs": list(task.outputs),
            "words": task.words,
            "encoder": loaded.encoder.to_plain(),
            "schema": loaded.schema.to_plain(),
        },
    )
    tensors = {
        "features": torch.from_numpy(task.features),
        "target": torch.from_numpy(task.target),
    }
    if task.edges is not None:
        tensors["edges"] = torch.from_numpy(task.edges)
    run.write_tensors(ROWS, tensors)


def read_rows(run: Run) -> tuple[NodeTask, Encoder, Schema]:
    """Rebuild what :func:`keep_rows` kept."""
    stored: dict[str, Any] = run.read_json(ROWS)
    tensors = run.read_tensors(ROWS)
    edges = tensors.get("edges")
    task = NodeTask(
        names=tuple(stored["names"]),
        features=tensors["features"].numpy(),
        kind=stored["kind"],
        target=tensors["target"].numpy(),
        outputs=tuple(stored["outputs"]),
        words=stored["words"],
        edges=None if edges is None else edges.numpy(),
    )
    return task, Encoder.from_plain(stored["encoder"]), Schema.from_plain(stored["schema"])


def keep_networks(run: Run, fits: Sequence[FittedLatent], train: Mask) -> None:
    """Keep the networks of all seeds of one split, and the rows that they trained on."""
    tensors: dict[str, Tensor] = {"train": torch.from_numpy(train)}
    for number, fitted in enumerate(fits):
        state = fitted.objective.network.state_dict()
        tensors |= {f"{number}.{name}": value for name, value in state.items()}
    run.write_tensors(MODEL, tensors)


def restore(run: Run) -> TrainedGraph:
    """Rebuild the trained networks of a finished run, without its data."""
    config: LGIConfig = run.config
    task, encoder, schema = read_rows(run)
    tensors = run.read_tensors(MODEL)
    train = tensors.pop("train").numpy()
    count = 1 + max(int(name.partition(".")[0]) for name in tensors)
    objectives = []
    for number in range(count):
        own = {
            name.partition(".")[2]: value
            for name, value in tensors.items()
            if name.startswith(f"{number}.")
        }
        objectives.append(restored_objective(Recipe.of(config), task, train, own))
    return TrainedGraph(task, encoder, schema, objectives, seed=config.seed, id=config.data.id)


def restored_objective(
    recipe: Recipe, task: NodeTask, train: Mask, state: dict[str, Tensor]
) -> LatentGraphObjective:
    """Rebuild one trained network on its rows."""
    network = build_network(recipe, task)
    network.load_state_dict(state)
    loss = TaskLoss.of(recipe.network, task, train)
    nothing = np.zeros(len(task), dtype=np.bool_)
    features = torch.from_numpy(task.features)
    return LatentGraphObjective(network, features, loss, train, nothing, recipe.graph)
