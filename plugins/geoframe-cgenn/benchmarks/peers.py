"""The plain geometric product beside packages from PyPI, forward and backward.

    python peers.py [--pairs 65536] [--repeats 5]

Rivals are ``clifra``, ``kingdon`` and ``lgatr`` (Cl(1,3) only), each where it is installed, and the
einsum over the dense table. Each is seen to leave a multivector alone that is multiplied by one.
Times are CPU milliseconds of the process with one thread, the least of several repeats, in one run.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
from collections.abc import Callable

import torch
from speed import cpu_ms, line, ours
from torch import Tensor

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.kernels.plan import product_plan
from geoframe_cgenn.kernels.products import weighted_product

CHANNELS = 64
"""Of our layout ``(blades, rows, channels)``; to the others all pairs are rows."""
Product = Callable[[Tensor, Tensor], Tensor]


def dense(form: DiagonalForm) -> Product:
    table = form.cayley()
    return lambda x, y: torch.einsum("bi,ijk,bk->bj", x, table, y)


def clifra(signs: tuple[float, ...]) -> Product:
    positive = sum(sign > 0 for sign in signs)
    algebra = importlib.import_module("clifra").make_algebra(
        positive, len(signs) - positive, device="cpu"
    )
    whole = algebra.layout(tuple(range(len(signs) + 1)))
    product: Product = algebra.plan_product(
        op="gp", left_layout=whole, right_layout=whole, output_layout=whole
    )
    return product


def kingdon(signs: tuple[float, ...]) -> Product:
    algebra = importlib.import_module("kingdon").Algebra(signature=list(signs))

    def product(x: Tensor, y: Tensor) -> Tensor:
        left, right = (algebra.multivector(list(each.unbind(dim=1))) for each in (x, y))
        return torch.stack(list((left * right).values()), dim=1)

    return product


def lgatr(signs: tuple[float, ...]) -> Product:
    function = importlib.import_module("lgatr.primitives.bilinear").geometric_product
    config = importlib.import_module("lgatr.primitives.config").PrimitivesConfig()
    return lambda x, y: function(x, y, config=config)


def rivals(signs: tuple[float, ...]) -> dict[str, Product]:
    found = {"einsum": dense(DiagonalForm(torch.tensor(signs)))}
    makers = {"clifra": clifra, "kingdon": kingdon}
    if signs == (1.0, -1.0, -1.0, -1.0):
        makers["lgatr"] = lgatr
    for name, make in makers.items():
        if importlib.util.find_spec(name) is None:
            print(f"{name} is not installed")
        else:
            found[name] = make(signs)
    return found


def compare(signs: tuple[float, ...], pairs: int, repeats: int) -> None:
    n = len(signs)
    x, y = (torch.randn(pairs, 2**n, requires_grad=True) for _ in range(2))
    one = torch.zeros(pairs, 2**n)
    one[:, 0] = 1.0
    times = {}
    for name, product in rivals(signs).items():
        assert torch.allclose(product(x, one), x), name
        times[name] = cpu_ms(lambda product=product: product(x, y), repeats)
    grades = blades(n).all_grades
    plan, form = product_plan(n, grades, grades, grades), DiagonalForm(torch.tensor(signs))
    weight = torch.ones(len(blades(n).paths), CHANNELS)
    left, right = (each.detach().T.reshape(2**n, -1, CHANNELS).requires_grad_() for each in (x, y))
    times |= ours(lambda: weighted_product(left, right, weight, form, plan), repeats)
    line(f"Cl({sum(s > 0 for s in signs)},{sum(s < 0 for s in signs)}), {pairs} pairs", times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=65536)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(1)
    for signs in ((1.0, 1.0, 1.0), (1.0, -1.0, -1.0, -1.0)):
        compare(signs, options.pairs, options.repeats)


if __name__ == "__main__":
    main()
