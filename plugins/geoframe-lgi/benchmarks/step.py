"""CPU time of a graph module's step: the lean race beside the published dense module, one thread.

    python step.py [--official FOLDER]

FOLDER is a checkout of lcosmo/DGM_pytorch, whose code is used as it is; pykeops, which its layers
import and its dense module does not use, is replaced by an empty stub. Without it the same dense
formulation, written here, is the rival. A step draws the graph of n latent points of a linear map,
forms the graph loss of the drawn edges and takes its gradient. The two take turns.
"""

import argparse
import statistics
import sys
import time
from types import ModuleType

import torch
from torch import nn

import geoframe
from geoframe_lgi.latent.discrete import DiscreteGraphModule
from geoframe_lgi.sampling.race import Race


class Dense(nn.Module):
    """The dense formulation: all n x n distances and noises take part in autograd."""

    def __init__(self, encoder, k):
        super().__init__()
        self.encoder, self.k = encoder, k
        self.temperature = nn.Parameter(torch.tensor(4.0))

    def forward(self, x):  # noqa: D102
        points = self.encoder(x)
        cost = torch.cdist(points, points).square() * self.temperature.exp()
        noise = -torch.log(-torch.log(torch.rand_like(cost) + 1e-8))
        return torch.topk(noise - cost, self.k)


def official(folder, k, encoder):
    sys.path.insert(0, folder)
    stub = ModuleType("pykeops.torch")
    stub.LazyTensor = None
    sys.modules.setdefault("pykeops", ModuleType("pykeops"))
    sys.modules["pykeops.torch"] = stub
    from DGMlib.layers_dense import DGM_d

    module = DGM_d(lambda x, edges: encoder(x), k=k, distance="euclidean")
    module.encoder = encoder
    return lambda x: module(x.unsqueeze(0), None)[2]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--official")
    parser.add_argument("--nodes", type=int, default=2708)
    parser.add_argument("--repeats", type=int, default=9)
    options = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    x, k, dim = torch.randn(options.nodes, 32), 5, 4
    rows = {}
    encoder = nn.Linear(32, dim)
    if options.official:
        rows["dense, published code"] = official(options.official, k, encoder)
    dense = Dense(nn.Linear(32, dim), k)
    rows["dense"] = lambda x: dense(x)[0]
    for name in ("euclidean", "sphere", "hyperboloid", "snowflake"):
        torch.manual_seed(0)
        geometry = geoframe.build("geometry", name, dim=dim)
        module = DiscreteGraphModule(nn.Linear(32, dim), geometry, Race(k=k))
        module.calibrate(x, torch.Generator().manual_seed(0))
        generator = torch.Generator().manual_seed(0)
        rows[f"race, {name}"] = lambda x, m=module, g=generator: m(x, g).log_p
    seconds = {name: [] for name in rows}
    for _ in range(options.repeats + 1):  # the first warms up
        for name, draw in rows.items():
            started = time.process_time()
            draw(x).mean().backward()
            seconds[name].append(time.process_time() - started)
    rival = statistics.median(seconds[next(iter(rows))][1:])
    print(f"{options.nodes} nodes, k = {k}, {dim} dimensions; CPU ms, median of {options.repeats}")
    for name, times in seconds.items():
        median = statistics.median(times[1:])
        print(f"{name:24} {1e3 * median:8.1f}  {median / rival:.2f} of the first")


if __name__ == "__main__":
    main()
