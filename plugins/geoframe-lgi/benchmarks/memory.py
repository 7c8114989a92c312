"""Memory of a training step above that of the process before it: the race beside the dense module.

    python memory.py [--nodes 2708 20000] [--dense]

Each size is measured in a process of its own, whose peak is read after one step; without --dense
only the race is (at 20,000 nodes the dense module wants more than 6 GiB).
"""

import argparse
import resource
import subprocess
import sys

import torch
from torch import nn

import geoframe
from geoframe_lgi.latent.discrete import DiscreteGraphModule
from geoframe_lgi.sampling.race import Race


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def one(kind, nodes):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    # One small step first: what libraries take once is no memory of a step.
    step(kind, torch.randn(64, 32))
    x = torch.randn(nodes, 32)
    before = peak_mib()
    step(kind, x)
    print(f"{kind:12} {nodes:7} nodes: {peak_mib() - before:8.0f} MiB above the process before")


def step(kind, x):
    encoder = nn.Linear(32, 4)
    if kind == "dense":
        points = encoder(x)
        cost = torch.cdist(points, points).square() * 54.6
        noise = -torch.log(-torch.log(torch.rand_like(cost) + 1e-8))
        torch.topk(noise - cost, 5)[0].mean().backward()
        return
    geometry = geoframe.build("geometry", kind, dim=4)
    module = DiscreteGraphModule(encoder, geometry, Race(k=5))
    module(x, torch.Generator().manual_seed(0)).log_p.mean().backward()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--nodes", type=int, nargs="+", default=[2708, 20_000])
    parser.add_argument("--dense", action="store_true")
    parser.add_argument("--one", nargs=2, metavar=("KIND", "NODES"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        one(options.one[0], int(options.one[1]))
        return
    kinds = ["euclidean", "hyperboloid", *(["dense"] if options.dense else [])]
    for nodes in options.nodes:
        for kind in kinds:
            subprocess.run([sys.executable, __file__, "--one", kind, str(nodes)], check=True)


if __name__ == "__main__":
    main()
