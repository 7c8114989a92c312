"""What a finished run keeps, and how it is rebuilt without its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from geoframe.run.directory import Run
from geoframe_ames.branches import Branch, restored
from geoframe_ames.config import AMESConfig
from geoframe_ames.fit import FittedNetwork, branch_objective, build_network, recipes
from geoframe_ames.trained import FusedBranches, FusedNetworks, TrainedSelection
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.store import MODEL, read_rows
from geoframe_lgi.task import Mask, NodeTask


def keep_branches(
    run: Run, branches: Sequence[Branch], weights: Sequence[float], train: Mask
) -> None:
    """Keep the branches that weigh anything."""
    chosen = [(branch, weight) for branch, weight in zip(branches, weights, strict=True) if weight]
    tensors: dict[str, Tensor] = {"train": torch.from_numpy(train)}
    for number, (branch, _) in enumerate(chosen):
        own = branch.tensors()
        tensors |= {f"{number}.{name}": value.contiguous() for name, value in own.items()}
    run.write_json("branches", {branch.predictions.name: weight for branch, weight in chosen})
    run.write_tensors(MODEL, tensors)


def keep_networks(run: Run, fits: Sequence[FittedNetwork], train: Mask, held: Mask) -> None:
    """Keep the attention networks of all seeds of one split."""
    tensors: dict[str, Tensor] = {
        "train": torch.from_numpy(train),
        "held": torch.from_numpy(held),
    }
    for number, fitted in enumerate(fits):
        state = fitted.objective.state_dict()
        tensors |= {f"{number}.{name}": value for name, value in state.items()}
    run.write_tensors(MODEL, tensors)


def restore(run: Run) -> TrainedSelection:
    """Rebuild the trained branches or networks of a finished run."""
    config: AMESConfig = run.config
    task, encoder, schema = read_rows(run)
    tensors = run.read_tensors(MODEL)
    views = Views(task)
    train = tensors.pop("train").numpy()
    model = (
        _branches(config, views, train, tensors, run.read_json("branches"))
        if config.ames.fusion == "screened"
        else _networks(config, task, views, train, tensors)
    )
    return TrainedSelection(task, encoder, schema, model, id=config.data.id)


def _branches(
    config: AMESConfig,
    views: Views,
    train: Mask,
    tensors: dict[str, Tensor],
    weights: Mapping[str, float],
) -> FusedBranches:
    built = recipes(config)
    branches = [
        restored(name, _own(tensors, number), views, train, built, config.seed)
        for number, name in enumerate(weights)
    ]
    return FusedBranches(views, branches, list(weights.values()))


def _networks(
    config: AMESConfig, task: NodeTask, views: Views, train: Mask, tensors: dict[str, Tensor]
) -> FusedNetworks:
    held = tensors.pop("held").numpy()
    count = 1 + max(int(name.partition(".")[0]) for name in tensors)
    objectives = []
    for number in range(count):
        network = build_network(config, task, views)
        objective = branch_objective(config, network, task, train, held)
        objective.load_state_dict(_own(tensors, number))
        objectives.append(objective.eval())
    return FusedNetworks(views, objectives, config.seed)


def _own(tensors: dict[str, Tensor], number: int) -> dict[str, Tensor]:
    prefix = f"{number}."
    return {
        name.removeprefix(prefix): value
        for name, value in tensors.items()
        if name.startswith(prefix)
    }
