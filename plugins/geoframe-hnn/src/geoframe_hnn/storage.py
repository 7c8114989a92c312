"""A trained tree in a run directory. Torch is imported to write, and where there is a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoframe.run.directory import Run
from geoframe_data.tree import Tree
from geoframe_hnn.hyperbolic_tree import HyperbolicTree
from geoframe_hnn.trained import TrainedTree

if TYPE_CHECKING:
    from geoframe_hnn.trained_network import TrainedNetwork


def save(trained: TrainedTree, run: Run) -> None:
    """Keep the construction (parent, length and direction per node) and the network."""
    import torch

    construction, tree = trained.construction, trained.tree
    run.write_json(
        "nodes",
        {
            "names": tree.names,
            "merged": tree.merged,
            "scale": construction.scale,
            "curvature": construction.curvature,
        },
    )
    run.write_tensors(
        "tree",
        {
            "parent": torch.from_numpy(tree.parent.astype(np.int32)),
            "length": torch.from_numpy(tree.length),
            "direction": torch.from_numpy(construction.direction.copy()),
        },
    )
    if (network := trained.network) is not None:
        run.write_json("network", {"inputs": network.inputs, "unit": network.cloud.unit})
        run.write_tensors("network", network.model.state_dict())
        run.write_tensors(
            "points",
            {
                "points": network.cloud.points,
                "anchors": torch.from_numpy(network.anchors.copy()),
                "mean": torch.from_numpy(network.scale.mean.copy()),
                "spread": torch.from_numpy(network.scale.spread.copy()),
            },
        )


def load(run: Run) -> TrainedTree:
    """Take up what :func:`save` kept."""
    nodes, arrays = run.read_json("nodes"), run.read_arrays("tree")
    tree = Tree(
        names=tuple(nodes["names"]),
        parent=arrays["parent"].astype(np.int64),
        length=arrays["length"],
        merged=nodes["merged"],
    )
    construction = HyperbolicTree(
        tree=tree,
        direction=arrays["direction"],
        scale=nodes["scale"],
        curvature=nodes["curvature"],
    )
    if not (run.path / "network.safetensors").exists():
        return TrainedTree(construction)
    return TrainedTree(construction, _network(run, len(tree)))


def _network(run: Run, nodes: int) -> TrainedNetwork:
    from geoframe_hnn.fitting import empty_model
    from geoframe_hnn.inputs import InputScale
    from geoframe_hnn.trained_network import PointCloud, TrainedNetwork

    facts, kept = run.read_json("network"), run.read_tensors("points")
    scale = InputScale(mean=kept["mean"].numpy(), spread=kept["spread"].numpy())
    model = empty_model(run.config, nodes, len(scale.mean))
    model.load_state_dict(run.read_tensors("network"))
    model.eval().requires_grad_(False)
    return TrainedNetwork(
        model=model,
        cloud=PointCloud(kept["points"], model.geometry, facts["unit"]),
        inputs=facts["inputs"],
        anchors=kept["anchors"].numpy(),
        scale=scale,
    )
