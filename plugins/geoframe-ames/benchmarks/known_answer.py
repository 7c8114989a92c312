"""Is the geometry of made-up rows found? Hit rates of the misfit and of the ablation value.

    python known_answer.py [--seeds 10] [--noise 0 0.1] [--ablation]

Rows of a tree (noisy codes of the way to the root), of a sphere and of a plane, with classes that
live on them. The misfit looks at features alone; the ablation value is that of an attention network
with one branch per geometry, ten labels a class. Noise is in standard deviations of the features.
"""

import argparse
import time

import numpy as np

from geoframe_ames.selection.geometry import rank_by_stress
from geoframe_lgi.task import NodeTask

SPACES = ("euclidean", "hyperboloid", "sphere")


def tree(rng, depth=7):
    nodes = 2**depth - 1
    features = np.zeros((nodes, 2**depth))
    classes = np.zeros(nodes)
    for node in range(1, nodes + 1):
        above = node
        while above > 1:
            features[node - 1, above] = 1.0
            above //= 2
        path = f"{node:b}"
        classes[node - 1] = int(path[:3].ljust(3, "0"), 2) - 4  # the subtree at depth 2
    return features, classes


def sphere(rng, n=250):
    points = rng.standard_normal((n, 3))
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    caps = rng.standard_normal((4, 3))
    return points, (points @ caps.T).argmax(axis=1)


def plane(rng, n=250):
    centres = 2 * rng.standard_normal((4, 2))
    classes = np.arange(n) % 4
    return centres[classes] + rng.standard_normal((n, 2)), classes


SHAPES = {
    "tree": (tree, "hyperboloid"),
    "sphere": (sphere, "sphere"),
    "plane": (plane, "euclidean"),
}


def rows(shape, seed, noise):
    rng = np.random.default_rng(seed)
    features, classes = SHAPES[shape][0](rng)
    features = features + noise * features.std() * rng.standard_normal(features.shape)
    return NodeTask(
        names=tuple(map(str, range(len(features)))),
        features=features.astype(np.float32),
        kind="classification",
        target=np.asarray(classes, dtype=float)[:, None],
        outputs=("a", "b", "c", "d"),
    )


def by_ablation(task, seed):
    from geoframe.api import configure
    from geoframe_ames.fit import fit_network, held_rows
    from geoframe_ames.selection.ablation import ablation_values
    from geoframe_lgi.branches.kinds import Views
    from geoframe_lgi.config import SplitConfig
    from geoframe_lgi.held_out import HeldOut
    from geoframe_lgi.splits import make_splits

    spaces = [{"name": name, "dim": 2} for name in SPACES]
    options = {"fusion": "semantic", "fixed": False, "spaces": spaces, "warmup_uniform": 100}
    config = configure("ames", {"ames": options, "trainer": {"steps": 200, "patience": 0}})
    split = make_splits(task, SplitConfig(per_class=10), seed=seed)[0]
    train, held = held_rows(HeldOut.of(task, split, seed))
    values = ablation_values(
        fit_network(config, Views(task), train, held, seed=seed).objective, task, held
    )
    return max(values, key=values.get)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.1])
    parser.add_argument("--ablation", action="store_true")
    options = parser.parse_args()
    for noise in options.noise:
        for shape, (_, right) in SHAPES.items():
            started, hits, ablation = time.process_time(), 0, 0
            for seed in range(options.seeds):
                task = rows(shape, seed, noise)
                ranking = rank_by_stress(task, SPACES, seeds=(seed,))
                hits += ranking.index[ranking["chosen"]][0] == right
                ablation += options.ablation and by_ablation(task, seed) == right
            seconds = (time.process_time() - started) / options.seeds
            said = f", ablation value {ablation}" if options.ablation else ""
            print(
                f"{shape:7} noise {noise}: misfit finds {right} in {hits} of {options.seeds}"
                f"{said}; {seconds:.1f} CPU-s a seed",
                flush=True,
            )


if __name__ == "__main__":
    main()
