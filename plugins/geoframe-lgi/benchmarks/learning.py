"""Where learning the graph pays: rings among columns of noise, with nothing but features to go by.

    python learning.py [--noise 20] [--seeds 1]

400 rows on three rings in two columns, and as many columns of noise as are asked for: the nearest
rows are strangers, and the first graph is little better than chance. The same network is trained on
the graph as it starts and on the learned one; an MLP, a GCN on the nearest rows and a forest, which
needs no graph for this, stand beside it.
"""

import argparse

import attrs
import numpy as np
import torch

from geoframe.api import configure
from geoframe_lgi.baselines.classical import fit_classical
from geoframe_lgi.branches.fit import fit_branch
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.fit import Recipe, fit_latent, homophily
from geoframe_lgi.held_out import HeldOut
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.measures import measure
from geoframe_lgi.splits import make_splits
from geoframe_lgi.task import NodeTask


def rings(seed, noise, n=400):
    rng = np.random.default_rng(seed)
    angle, ring = rng.uniform(0, 2 * np.pi, n), rng.integers(0, 3, n)
    place = (1 + ring)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    place += 0.1 * rng.standard_normal((n, 2))
    features = np.concatenate([place, rng.standard_normal((n, noise))], axis=1)
    features = (features - features.mean(axis=0)) / features.std(axis=0)
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=features.astype(np.float32),
        kind="classification",
        target=ring[:, None].astype(float),
        outputs=("inner", "middle", "outer"),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--noise", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = configure("lgi", {"trainer": {"steps": 600, "patience": 0}, "geometry": {"dim": 4}})
    for seed in range(options.seeds):
        task = rings(seed, options.noise)
        split = make_splits(task, config.split, seed=seed)[0]

        def accuracy(scores, task=task, split=split):
            return measure(task, scores, split.test)["accuracy"]

        said = []
        for name, weight in (("learned", 1.0), ("as it starts", 0.0)):
            recipe = Recipe.of(config)
            recipe = attrs.evolve(recipe, graph=attrs.evolve(recipe.graph, loss_weight=weight))
            fitted = fit_latent(recipe, task, split.train, split.validation, seed=0)
            same = homophily(fitted.objective, task)
            said.append(f"{name} {accuracy(fitted.scores):.3f} (homophily {same:.3f})")
        held_out, views = HeldOut.of(task, split, seed), Views(task)
        for name in ("mlp", "knn-gcn"):
            loss = TaskLoss(task, split.train)
            trainer = config.evaluation.trainer
            fitted = fit_branch(name, views, loss, held_out, trainer, seed=0)
            said.append(f"{name} {accuracy(fitted.predictions.scores):.3f}")
        forest = fit_classical("forest", task, held_out, seed=0)
        said.append(f"forest {accuracy(forest.scores):.3f}")
        print(f"seed {seed}, {options.noise} columns of noise: {', '.join(said)}", flush=True)


if __name__ == "__main__":
    main()
