"""One run of the hnn method, from its first step to its last."""

from __future__ import annotations

from typing import Any

from geoframe.errors import DataError
from geoframe.method import Result
from geoframe.run.directory import Run
from geoframe_embedding.baselines import classical_baseline
from geoframe_hnn.arrays.tree_arrays import fit_arrays
from geoframe_hnn.config import HNNConfig
from geoframe_hnn.data import load_tree
from geoframe_hnn.evaluation import Evaluation, certified
from geoframe_hnn.fit import (
    construct,
    memorise,
    prepare_inputs,
    timed,
    train_baseline,
    train_network,
)
from geoframe_hnn.quality import NodeDistances
from geoframe_hnn.storage import save
from geoframe_hnn.trained import TrainedTree
from geoframe_hnn.verdict import BALL, HYPERBOLOID


def run_tree(config: HNNConfig, run: Run) -> Result:
    """Read the tree, embed it, train what is asked for, compare, and keep everything."""
    tree = load_tree(config.data)
    run.record(data={"nodes": len(tree), "sha256": tree.fingerprint()}, repairs=list(tree.repairs))
    with timed() as clock:
        construction = construct(config, tree)
    bound, certificate_seconds = certified(construction)
    evaluation = Evaluation(config, tree, run)
    constructed = NodeDistances(construction)
    evaluation.add("construction", constructed, construction.dim, clock.seconds, bound=bound)
    facts: dict[str, Any] = {"certificate_seconds": certificate_seconds}
    network = None
    fit = config.hnn.fit
    if fit == "memorise":
        with timed() as clock:
            memorised, realised = memorise(construction)
        evaluation.add("memorising network", realised, construction.dim, clock.seconds)
        facts["network_weights"] = memorised.size
    if len(tree) < 2 and (config.compare or fit in ("distil", "gradient")):
        raise DataError(
            "a tree of one node has no distances to train on; use hnn.fit = 'construct'"
        )
    seen = prepare_inputs(config, tree) if config.compare or fit in ("distil", "gradient") else None
    if seen is not None and fit in ("distil", "gradient"):
        with timed() as clock:
            network = train_network(config, construction, seen, run)
        evaluation.add(
            {"distil": "distilled network", "gradient": "trained network"}[fit],
            network,
            construction.dim,
            clock.seconds,
        )
    for number, space in enumerate(config.compare, start=1):
        assert seen is not None
        with timed() as clock:
            trained = train_baseline(config, space, tree, seen)
        name = f"{space.name}_{trained.embedding.geometry.dim}"
        if any(row["embedding"] == name for row in evaluation.rows):
            name = f"{name} ({number})"
        evaluation.add(name, trained, trained.embedding.geometry.dim, clock.seconds)
    if len(tree) > 1:
        baseline = classical_baseline(NodeDistances(tree), construction.dim, seed=config.seed)
        evaluation.add(baseline.name, baseline.distances, construction.dim, baseline.seconds)
    options = config.hnn
    with timed() as clock:
        arrays = fit_arrays(
            tree,
            construction.dim,
            radius=options.radius,
            steps=options.refine,
            seed=config.seed,
        )
    evaluation.add(BALL, arrays.in_ball, construction.dim, clock.seconds)
    evaluation.add(HYPERBOLOID, arrays.on_hyperboloid, construction.dim, clock.seconds)
    save(TrainedTree(construction, network, arrays), run)
    return evaluation.result(construction, facts)
