"""CPU time of several branches in one network, beside their samplers and networks apart.

    python branches.py [--nodes 1000] [--repeats 5]

One step is forward and backward. The first line draws the graphs of K modules and nothing else; the
second is a step of the network that holds them; the third is K networks with one graph each, which
choosing a geometry by K runs would train (before choosing).
"""

import argparse
import statistics
import time

import numpy as np
import torch

from geoframe.api import configure
from geoframe_ames.fit import branch_objective, build_network, recipes
from geoframe_lgi.branches.kinds import Views
from geoframe_lgi.fit import build_network as build_single
from geoframe_lgi.losses import TaskLoss
from geoframe_lgi.network.objective import LatentGraphObjective
from geoframe_lgi.task import NodeTask


def rows(n):
    rng = np.random.default_rng(0)
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=rng.standard_normal((n, 32)).astype(np.float32),
        kind="classification",
        target=rng.integers(0, 5, (n, 1)).astype(float),
        outputs=tuple("abcde"),
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    task = rows(options.nodes)
    config = configure("ames", {"ames": {"fusion": "semantic", "fixed": False}})
    train, nothing = np.arange(len(task)) % 2 == 0, np.zeros(len(task), dtype=bool)
    network = build_network(config, task, Views(task))
    together = branch_objective(config, network, task, train, nothing)
    generator = torch.Generator().manual_seed(0)
    network.calibrate(together.features, generator)
    apart = []
    for recipe in recipes(config).values():
        single = build_single(recipe, task)
        single.calibrate(together.features, generator)
        loss = TaskLoss(task, train)
        features, options = together.features, config.graph
        apart.append(LatentGraphObjective(single, features, loss, train, nothing, options))

    def samplers():
        for module in network.graph_modules().values():
            module(together.features, generator).log_p.mean().backward()

    def networks():
        for objective in apart:
            objective(torch.arange(len(objective)))["loss"].backward()

    lines = {
        "samplers alone": samplers,
        "one network": lambda: together(torch.arange(len(together)))["loss"].backward(),
        "networks apart": networks,
    }
    seconds = {name: [] for name in lines}
    for _ in range(options.repeats + 1):  # the first warms up
        for name, step in lines.items():
            started = time.process_time()
            step()
            seconds[name].append(time.process_time() - started)
    first = statistics.median(seconds["samplers alone"][1:])
    print(f"{options.nodes} rows, branches {', '.join(network.names)}; CPU ms a step")
    for name, times in seconds.items():
        median = statistics.median(times[1:])
        print(f"{name:16} {1e3 * median:8.1f}  {median / first:.2f} of the samplers")


if __name__ == "__main__":
    main()
