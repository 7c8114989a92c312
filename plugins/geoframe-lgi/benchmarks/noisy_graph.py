"""Where inferring a graph pays: weak features, a noisy given graph, few labels.

    python noisy_graph.py [--rows 800] [--homophily 0.6] [--labels 8] [--seeds 3]

Rows of four classes with 30 columns, of which each says little, and a graph of about six edges a
row, two in five of them between classes (a stochastic block model with features). Near rows are
often strangers, and so are given neighbours; near rows of the features averaged over the given
graph are not, and ``refined-smooth`` averages over those. All other peers of lgi stand beside it,
the one that held-out rows choose, and the one that is best in hindsight.
"""

import argparse

import numpy as np
import torch

from geoframe.api import configure
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.comparison import Outcome, best_peer
from geoframe_lgi.fit import Recipe
from geoframe_lgi.held_out import HeldOut
from geoframe_lgi.measures import measure
from geoframe_lgi.peers import fit_peer
from geoframe_lgi.splits import make_splits
from geoframe_lgi.task import NodeTask

CLASSES, COLUMNS, SIGNAL, DEGREE = 4, 30, 0.35, 6
OURS = "refined-smooth"
PEERS = ("mlp", "logistic", "forest", "label-spreading", "knn-gcn", "knn-smooth", "knn-hops")
GRAPH_PEERS = ("gcn", "sage", "h2gcn", "hops")


def rows_and_graph(seed, n, same):
    """Draw features around a centre per class, and edges of which so many stay in their class."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, CLASSES, n)
    centres = SIGNAL * rng.standard_normal((CLASSES, COLUMNS))
    features = centres[labels] + rng.standard_normal((n, COLUMNS))
    sources = rng.integers(0, n, n * DEGREE // 2)
    within = [np.flatnonzero(labels == label) for label in range(CLASSES)]
    stays = rng.random(len(sources)) < (same - 1 / CLASSES) / (1 - 1 / CLASSES)
    anywhere = rng.integers(0, n, len(sources))
    kept = np.array([rng.choice(within[labels[source]]) for source in sources])
    edges = np.stack([sources, np.where(stays, kept, anywhere)], axis=1)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=features.astype(np.float32),
        kind="classification",
        target=labels[:, None].astype(float),
        outputs=tuple("abcd"),
        edges=edges[edges[:, 0] != edges[:, 1]],
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=800)
    parser.add_argument("--homophily", type=float, default=0.6)
    parser.add_argument("--labels", type=int, default=8, help="a class")
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = configure("lgi", {"split": {"per_class": options.labels}})
    recipe, trainer = Recipe.of(config), config.evaluation.trainer
    peers = (*PEERS, *GRAPH_PEERS)
    differences = []
    for seed in range(options.seeds):
        task = rows_and_graph(seed, options.rows, options.homophily)
        split = make_splits(task, config.split, seed=seed)[0]
        held_out, views = HeldOut.of(task, split, seed), Views(task)
        rest = {"class_weights": False, "seed": seed, "run": None}
        said = [
            fit_peer(name, views, split, held_out, recipe, trainer, **rest)
            for name in (OURS, *peers)
        ]
        shares = []
        for edges in (task.edges, views.nearest.edges(), views.refined.nearest.edges()):
            shares.append((task.codes[edges[:, 0]] == task.codes[edges[:, 1]]).mean())
        right = {p.name: measure(task, p.scores, split.test)["accuracy"] for p in said}
        chosen = best_peer(task, Outcome(split=split, predictions=said), peers).name
        best = max(peers, key=right.__getitem__)
        differences.append([right[OURS] - right[chosen], right[OURS] - right[best]])
        print("seed {}: homophily given {:.2f}, near {:.2f}, refined {:.2f}".format(seed, *shares))
        values = ", ".join(f"{name} {value:.3f}" for name, value in right.items())
        print(f"    {values}; chosen {chosen}", flush=True)
    for name, values in zip(("chosen", "best"), np.transpose(differences), strict=True):
        error = values.std(ddof=1) / len(values) ** 0.5 if len(values) > 1 else np.nan
        print(f"{OURS} less the {name} peer: {values.mean():+.3f} +- {error:.3f}")


if __name__ == "__main__":
    main()
