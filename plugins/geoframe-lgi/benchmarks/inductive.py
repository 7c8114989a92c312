"""Rows never seen, predicted over edges from training rows, beside the same rows seen unlabelled.

    python inductive.py [--table wine] [--splits 5] [--per-class 20]

Seen: test rows are nodes while the network is trained, without their labels. Never seen: they are
left out of the data and come afterwards. Tables are scikit-learn's, through geoframe-pathways.
"""

import argparse

import attrs
import numpy as np
import torch

from geoframe.api import configure
from geoframe_lgi.data import load_rows
from geoframe_lgi.fit import Recipe, fit_latent
from geoframe_lgi.prediction import predict_new
from geoframe_lgi.splits import make_splits


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--table", default="wine")
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--per-class", type=int, default=20)
    options = parser.parse_args()
    torch.set_num_threads(1)
    config = configure(
        "lgi",
        {
            "data": {"dataset": {"name": "scikit-learn", "table": options.table}},
            "split": {"per_class": options.per_class, "repeats": options.splits},
        },
    )
    task = load_rows(config.data).task
    scores = []
    for number, split in enumerate(make_splits(task, config.split)):
        rows = ~split.test
        alone = attrs.evolve(
            task,
            names=tuple(np.array(task.names)[rows]),
            features=task.features[rows],
            target=task.target[rows],
        )
        nothing = np.zeros(len(task), dtype=bool)
        recipe = Recipe.of(config)
        seen = fit_latent(recipe, task, split.train, nothing, seed=number)
        unseen = fit_latent(recipe, alone, split.train[rows], nothing[rows], seed=number)
        codes = task.codes[split.test]
        new, _ = predict_new(unseen.objective, task.features[split.test], number)
        again, _ = predict_new(unseen.objective, task.features[split.test], number)
        assert np.array_equal(new, again)
        scores.append(
            [
                (seen.scores[split.test].argmax(axis=1) == codes).mean(),
                (new.argmax(axis=1) == codes).mean(),
            ]
        )
    mean, sd = np.mean(scores, axis=0), np.std(scores, axis=0, ddof=1)
    print(
        f"{options.table}, {options.per_class} labels a class, {options.splits} splits: seen "
        f"{mean[0]:.3f} ± {sd[0]:.3f}, never seen {mean[1]:.3f} ± {sd[1]:.3f}"
    )


if __name__ == "__main__":
    main()
