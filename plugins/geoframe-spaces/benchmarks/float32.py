"""Errors of hyperbolic distances in float32, ours and geoopt's: the table of the README.

Run ``python benchmarks/float32.py``; it needs no more than the package itself.
"""

from __future__ import annotations

import math

import geoopt
import torch
from torch.nn.functional import pad

from geoframe_spaces.hyperboloid import Hyperboloid
from geoframe_spaces.poincare import PoincareBall

torch.manual_seed(0)
hyperboloid, ball, truth = Hyperboloid(2), PoincareBall(2), Hyperboloid(2).double()
lorentz, geoopt_ball = geoopt.Lorentz(), geoopt.PoincareBall()

print("| r | `hyperboloid` | geoopt `Lorentz` | `poincare` | geoopt `PoincareBall` |")
print("|---|---|---|---|---|")
for radius in (1, 4, 6, 8, 10, 12):
    v = torch.randn(2000, 2)
    v = radius * v / v.norm(dim=-1, keepdim=True)
    w = v + 0.5 * radius * math.exp(-radius) * torch.randn(2000, 2)
    w = w * (1 + 0.02 * torch.randn(2000, 1))
    exact = truth.distance(truth.project(v.double()), truth.project(w.double()))
    measured = (
        hyperboloid.distance(hyperboloid.project(v), hyperboloid.project(w)),
        lorentz.dist(lorentz.expmap0(pad(v, (1, 0))), lorentz.expmap0(pad(w, (1, 0)))),
        ball.distance(ball.project(v), ball.project(w)),
        # geoopt's exponential map goes twice as far as ours.
        geoopt_ball.dist(geoopt_ball.expmap0(v / 2), geoopt_ball.expmap0(w / 2)),
    )
    errors = [(each.double() - exact).abs().max().item() for each in measured]
    print(f"| {radius} | " + " | ".join(f"{error:.1e}" for error in errors) + " |")
