"""A trained tree in a run directory. Torch is imported to write, and where there is a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geoframe.run.directory import Run
from geoframe_data.tree import FurtherParents, Tree
from geoframe_hnn.arrays.tree_arrays import TreeArrays
from geoframe_hnn.hyperbolic.embedded_tree import HyperbolicTree
from geoframe_hnn.trained import TrainedTree

if TYPE_CHECKING:
    from geoframe_hnn.network.trained_network import TrainedNetwork

ARRAYS = "arrays"
"""Tensors of a run that hold the float32 coordinates."""
FURTHER = "parents"
"""Tensors of a run that hold parents beside those of the tree, if nodes have several."""


def save(trained: TrainedTree, run: Run) -> None:
    """Keep the construction (parent, length and direction per node), further parents, network."""
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
    if len(further := tree.further):
        run.write_tensors(
            FURTHER,
            {
                "parent": torch.from_numpy(further.parent.astype(np.int32)),
                "child": torch.from_numpy(further.child.astype(np.int32)),
                "length": torch.from_numpy(further.length.copy()),
            },
        )
    if (arrays := trained.arrays) is not None:
        run.write_tensors(
            ARRAYS,
            {
                "poincare": torch.from_numpy(arrays.poincare),
                "lorentz": torch.from_numpy(arrays.lorentz),
                "unit": torch.tensor(arrays.unit, dtype=torch.float64),
            },
        )
    if (network := trained.network) is not None:
        run.write_json("network", {"inputs": network.inputs})
        run.write_tensors("network", network.embedding.state_dict())
        run.write_tensors(
            "inputs",
            {
                "anchors": torch.from_numpy(network.anchors.copy()),
                "mean": torch.from_numpy(network.input_scale.mean.copy()),
                "spread": torch.from_numpy(network.input_scale.spread.copy()),
                "features": torch.from_numpy(network.features.copy()),
            },
        )


def load(run: Run) -> TrainedTree:
    """Take up what :func:`save` kept."""
    nodes, arrays = run.read_json("nodes"), run.read_arrays("tree")
    tree = Tree(
        names=tuple(nodes["names"]),
        parent=arrays["parent"].astype(np.int64),
        length=arrays["length"],
        further=_further(run),
        merged=nodes["merged"],
    )
    construction = HyperbolicTree(
        tree=tree,
        direction=arrays["direction"],
        scale=nodes["scale"],
        curvature=nodes["curvature"],
    )
    singles = None
    if (run.path / f"{ARRAYS}.safetensors").exists():  # not in runs of before there were any
        kept = run.read_arrays(ARRAYS)
        singles = TreeArrays(
            poincare=kept["poincare"], lorentz=kept["lorentz"], unit=float(kept["unit"])
        )
    if not (run.path / "network.safetensors").exists():
        return TrainedTree(construction, arrays=singles)
    return TrainedTree(construction, _network(run, tree), singles)


def _further(run: Run) -> FurtherParents:
    if not (run.path / f"{FURTHER}.safetensors").exists():
        return FurtherParents()
    kept = run.read_arrays(FURTHER)
    return FurtherParents(
        parent=kept["parent"].astype(np.int64),
        child=kept["child"].astype(np.int64),
        length=kept["length"],
    )


def _network(run: Run, tree: Tree) -> TrainedNetwork:
    import torch

    from geoframe_hnn.fit import build_model, items_of
    from geoframe_hnn.network.trained_network import TrainedNetwork
    from geoframe_hnn.tree.inputs import InputScale

    facts, state = run.read_json("network"), run.read_tensors("network")
    old = not (run.path / "inputs.safetensors").exists()
    kept = run.read_tensors("points" if old else "inputs")
    scale = InputScale(mean=kept["mean"].numpy(), spread=kept["spread"].numpy())
    features = kept.get("features", torch.zeros(len(tree), len(scale.mean))).numpy()
    model = build_model(run.config, run.config.geometry.build(), items_of(tree, features))
    if old:  # 0.1 kept the unit the other way round, and the points instead of the features
        state["scale"] = torch.tensor(1.0 / facts["unit"])
    model.load_state_dict(state)
    trained = TrainedNetwork(
        model,
        tree.names,
        inputs=facts["inputs"],
        anchors=kept["anchors"].numpy(),
        input_scale=scale,
        features=features,
    )
    if old:
        trained.points = kept["points"]
    return trained
