"""Forward and backward of layers and of the n-body step, beside the published code.

    python speed.py --official FOLDER [--threads 1]

``FOLDER`` holds a checkout of DavidRuhe/clifford-group-equivariant-neural-networks; without it the
blade einsum (its product) is the only rival. Weights of the published networks are loaded into
ours, and the difference of the outputs is printed first. Times are CPU milliseconds of the process,
the least of several repeats, all in one run.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor

from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels import native
from geoframe_cgenn.kernels.products import path_numbers, path_products, weighted_product
from geoframe_cgenn.layers.products import FullyConnectedProduct, GeometricProduct
from geoframe_cgenn.metric.learned import FixedMetric
from geoframe_cgenn.models.jets import JetNetwork
from geoframe_cgenn.models.network import CliffordNetwork
from geoframe_cgenn.models.official import load_official
from geoframe_cgenn.models.particles import particles
from geoframe_cgenn.models.shape import Shape


def cpu_ms(step: Callable[[], Tensor], repeats: int) -> float:
    best = float("inf")
    for _ in range(repeats):
        begun = time.process_time()
        torch.autograd.backward(step().square().mean())
        best = min(best, time.process_time() - begun)
    return 1e3 * best


def line(name: str, values: dict[str, float]) -> None:
    slowest = next(iter(values.values()))
    cells = "  ".join(f"{key} {ms:8.1f} ({slowest / ms:5.1f}x)" for key, ms in values.items())
    print(f"{name:34s} {cells}", flush=True)


def ours(step: Callable[[], Tensor], repeats: int) -> dict[str, float]:
    found = {}
    for name, compiled in (("torch", False), ("compiled", True)):
        native.allow(compiled)
        found[name] = cpu_ms(step, repeats)
    return found


def kept_mib(step: Callable[[], Tensor]) -> float:
    """Memory that one forward pass keeps for the backward pass."""
    seen: dict[int, int] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        seen[storage.data_ptr()] = storage.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = step()
    del result
    return sum(seen.values()) / 2**20


def element_wise(n: int, rows: int, channels: int, repeats: int) -> None:
    """Element-wise product alone, beside the einsum over the dense table."""
    layer, form = GeometricProduct(n, channels), DiagonalForm(torch.ones(n))
    x, y = (torch.randn(2**n, rows, channels, requires_grad=True) for _ in range(2))
    xs, ys = (each.detach().permute(1, 2, 0).requires_grad_() for each in (x, y))
    dense, numbers = form.cayley(), path_numbers(layer.plan)

    def einsum() -> Tensor:
        return torch.einsum("bni,nijk,bnk->bnj", xs, dense * layer.weight.T[:, numbers], ys)

    def blades() -> Tensor:
        return weighted_product(x, y, layer.weight, form, layer.plan)

    name = f"SGP n={n} ({rows}, {channels})"
    line(name, {"einsum": cpu_ms(einsum, repeats), **ours(blades, repeats)})
    theirs, mine = kept_mib(einsum), kept_mib(blades)
    print(f"{'':34s} kept for backward: {theirs:.1f} MiB, {mine:.1f} MiB ({theirs / mine:.1f}x)")


def fully_connected(rows: int, channels: int, repeats: int) -> None:
    """Fully connected product alone, beside the einsum over the dense table."""
    layer, form = FullyConnectedProduct(3, channels, channels), DiagonalForm(torch.ones(3))
    x, y = (torch.randn(8, rows, channels, requires_grad=True) for _ in range(2))
    xs, ys = (each.detach().permute(1, 2, 0).requires_grad_() for each in (x, y))
    dense, numbers = form.cayley(), path_numbers(layer.plan)

    def einsum() -> Tensor:
        table = dense * layer.weight.permute(2, 1, 0)[:, :, numbers]
        return torch.einsum("bni,mnijk,bnk->bmj", xs, table, ys)

    def gemm() -> Tensor:
        parts = path_products(x, y, form, layer.plan)
        weights = [layer.weight[list(paths)].flatten(0, 1) for paths in layer.plan.paths]
        return torch.cat([part @ weight for part, weight in zip(parts, weights, strict=True)])

    name = f"FCGP n=3 ({rows}, {channels}->{channels})"
    line(name, {"einsum": cpu_ms(einsum, 2), **ours(gemm, repeats)})


def nbody(official: Path | None, repeats: int) -> None:
    """Whole network for particles, a batch of 100 sets of 5."""
    shape = Shape(scalars=1, vectors=2, channels=28, layers=3, messages="pairs", outputs=0)
    torch.manual_seed(0)
    network = CliffordNetwork(shape, FixedMetric(torch.eye(3)))
    scalars, vectors = torch.randn(500, 1).sign(), torch.randn(500, 2, 3)
    rows = particles(scalars, vectors, torch.full((100,), 5), pairs=True)
    times: dict[str, float] = {}
    if official is not None:
        sys.path.insert(0, str(official))
        from models.nbody_cggnn import NBodyCGGNN

        theirs = NBodyCGGNN()
        load_official(network, theirs.state_dict())
        algebra = theirs.algebra
        nodes = torch.cat(
            [algebra.embed_grade(scalars.unsqueeze(-1), 0), algebra.embed_grade(vectors, 1)], dim=1
        )
        shared = scalars[rows.receivers] * scalars[rows.senders]
        edges = algebra.embed_grade(shared.unsqueeze(-1), 0)

        def step() -> Tensor:
            return theirs._forward(nodes, (rows.receivers, rows.senders), edges)[:, 0, 1:4]

        difference = (step() - network(rows)).abs().max() / step().abs().max()
        print(f"published weights loaded: relative difference {float(difference.detach()):.1e}")
        times["official"] = cpu_ms(step, max(2, repeats // 2))
    line("n-body step, 100 x 5 particles", {**times, **ours(lambda: network(rows), repeats)})


def jets(official: Path, repeats: int) -> None:
    """Whole network for jets, four jets of 12 particles, with the published weights."""
    sys.path.insert(0, str(official))
    from models.lorentz_cggnn import LorentzCGGNN

    torch.manual_seed(0)
    theirs = LorentzCGGNN()
    algebra = theirs.algebra
    momenta, scalars = torch.randn(48, 4), torch.rand(48, 2)
    rows = particles(scalars, momenta.unsqueeze(1), torch.full((4,), 12), pairs=True)
    p_i, p_j = momenta[rows.receivers], momenta[rows.senders]
    nodes = algebra.embed_grade(momenta.unsqueeze(1), 1)
    edges = algebra.embed_grade(torch.stack([p_i - p_j, p_i, p_j], dim=1), 1)

    def step() -> Tensor:
        return theirs._forward(
            scalars, nodes, None, edges, scalars, nodes, (rows.receivers, rows.senders),
            torch.ones(48, 1), None, 12,
        )  # fmt: skip

    shape = Shape(
        network="jets", scalars=2, vectors=1, channels=8, layers=4, hidden=72, outputs=2,
        of_sets=True, messages="pairs",
    )  # fmt: skip
    network = JetNetwork(shape, FixedMetric(torch.diag(torch.tensor([1.0, -1.0, -1.0, -1.0]))))
    step()  # batch norms see something
    theirs.eval()
    network.eval()
    load_official(network, theirs.state_dict())
    difference = (step() - network(rows)).abs().max() / step().abs().max()
    print(f"published weights loaded: relative difference {float(difference.detach()):.1e}")
    times = {"official": cpu_ms(step, max(2, repeats // 2))}
    line("jets step, 4 x 12 particles", {**times, **ours(lambda: network(rows), repeats)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--official", type=Path)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    nbody(options.official, options.repeats)
    if options.official is not None:
        jets(options.official, options.repeats)
    for n, rows in ((3, 2000), (4, 1000), (5, 250)):
        element_wise(n, rows, 28, options.repeats)
    fully_connected(128, 32, options.repeats)


if __name__ == "__main__":
    main()
