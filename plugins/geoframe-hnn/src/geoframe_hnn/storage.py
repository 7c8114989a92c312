"""A trained tree in a run directory."""

from __future__ import annotations

import numpy as np
import torch

from geoframe.run.directory import Run
from geoframe_hnn.fitting import empty_model
from geoframe_hnn.hyperbolic_tree import HyperbolicTree
from geoframe_hnn.inputs import InputScale
from geoframe_hnn.trained import PointCloud, TrainedNetwork, TrainedTree
from geoframe_hnn.tree import Tree


def save(trained: TrainedTree, run: Run) -> None:
    """Keep the construction (parent, length and direction per node) and the network."""
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
    nodes, arrays = run.read_json("nodes"), run.read_tensors("tree")
    tree = Tree(
        names=tuple(nodes["names"]),
        parent=arrays["parent"].numpy().astype(np.int64),
        length=arrays["length"].numpy(),
        merged=nodes["merged"],
    )
    construction = HyperbolicTree(
        tree=tree,
        direction=arrays["direction"].numpy(),
        scale=nodes["scale"],
        curvature=nodes["curvature"],
    )
    if not (run.path / "network.safetensors").exists():
        return TrainedTree(construction)
    facts, kept = run.read_json("network"), run.read_tensors("points")
    scale = InputScale(mean=kept["mean"].numpy(), spread=kept["spread"].numpy())
    model = empty_model(run.config, len(tree), len(scale.mean))
    model.load_state_dict(run.read_tensors("network"))
    model.eval().requires_grad_(False)
    network = TrainedNetwork(
        model=model,
        cloud=PointCloud(kept["points"], model.geometry, facts["unit"]),
        inputs=facts["inputs"],
        anchors=kept["anchors"].numpy(),
        scale=scale,
    )
    return TrainedTree(construction, network)
