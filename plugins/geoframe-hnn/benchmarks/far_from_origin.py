"""Float32 distances and gradients far from the origin: the polar geometry, spaces, and geoopt.

    OMP_NUM_THREADS=1 python far_from_origin.py

Two points at the same radius, 0.3 apart in angle; relative error of their distance against
arithmetic of thousands of bits, and whether the gradients are finite.
"""

from __future__ import annotations

import math

import geoopt
import mpmath as mp
import torch
from torch import Tensor

from geoframe_hnn.hyperbolic.geometry import HyperbolicPolar
from geoframe_spaces.hyperboloid import Hyperboloid

RADII = (0.01, 1.0, 5.0, 9.0, 12.0, 20.0, 50.0, 100.0, 1000.0)


def exact(x: Tensor, y: Tensor) -> float:
    with mp.workprec(6000):
        r, s = (mp.sqrt(sum(mp.mpf(c) ** 2 for c in p.tolist())) for p in (x, y))
        cosine = sum(mp.mpf(a) * mp.mpf(b) for a, b in zip(x.tolist(), y.tolist(), strict=True))
        inner = mp.cosh(r) * mp.cosh(s) - mp.sinh(r) * mp.sinh(s) * cosine / (r * s)
        return float(mp.acosh(inner))


def polar(x: Tensor, y: Tensor) -> Tensor:
    return HyperbolicPolar(dim=2).distance(x, y)


def hyperboloid(x: Tensor, y: Tensor) -> Tensor:
    space = Hyperboloid(2)
    return space.distance(space.project(x), space.project(y))


def lorentz(x: Tensor, y: Tensor) -> Tensor:
    manifold = geoopt.Lorentz()
    p, q = (manifold.expmap0(torch.cat([torch.zeros(1), v])) for v in (x, y))
    return manifold.dist(p, q)


def ball(x: Tensor, y: Tensor) -> Tensor:
    manifold = geoopt.PoincareBall()  # its expmap0(v) lies 2 |v| away from the origin
    return manifold.dist(manifold.expmap0(x / 2), manifold.expmap0(y / 2))


COLUMNS = {
    "hyperbolic-polar": polar,
    "spaces hyperboloid": hyperboloid,
    "geoopt Lorentz": lorentz,
    "geoopt PoincareBall": ball,
}


def main() -> None:
    print(f"{'radius':>8}" + "".join(f"{name:>24}" for name in COLUMNS))
    for radius in RADII:
        line = f"{radius:8g}"
        for function in COLUMNS.values():
            x = torch.tensor([radius, 0.0], requires_grad=True)
            y = torch.tensor([radius * math.cos(0.3), radius * math.sin(0.3)], requires_grad=True)
            found = function(x, y)
            found.backward()
            error = abs(found.item() / exact(x.detach(), y.detach()) - 1)
            finite = all(bool(torch.isfinite(p.grad).all()) for p in (x, y))
            text = f"{error:.1e}, grad {'ok' if finite else 'nan'}"
            line += f"{text:>24}"
        print(line)


if __name__ == "__main__":
    main()
