"""Closed forms of the linear theory, held against derivatives, other derivations and training."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import geoframe
from geoframe import Objective
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.study import theory
from geoframe_asymlora.study.linear import LinearProblem


def problem(seed: int, d_out: int = 7, d_in: int = 9, rank: int = 3):
    """Return Δ, Σ, and random A and B."""
    draw = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=draw, dtype=torch.float64)

    root = normal(d_in, d_in)
    return normal(d_out, d_in), root @ root.T / d_in, normal(rank, d_in), normal(d_out, rank)


problems = st.integers(0, 10**6).map(problem)


@given(problems)
@settings(max_examples=25)
def test_gradients_vanish_at_the_closed_forms(given_problem):
    delta, sigma, a, b = given_problem
    best_b = theory.best_b(delta, sigma, a).requires_grad_(True)
    (gradient,) = torch.autograd.grad(theory.loss(delta, sigma, a, best_b), best_b)
    assert gradient.abs().max() < 1e-9
    best_a = theory.best_a(delta, b).requires_grad_(True)
    (gradient,) = torch.autograd.grad(theory.loss(delta, sigma, best_a, b), best_a)
    assert gradient.abs().max() < 1e-9


@given(problems)
@settings(max_examples=25)
def test_gains_are_what_the_closed_forms_remove(given_problem):
    delta, sigma, a, b = given_problem
    nothing = theory.loss(delta, sigma, torch.zeros_like(a), b)
    after_b = theory.loss(delta, sigma, a, theory.best_b(delta, sigma, a))
    assert nothing - after_b == pytest.approx(float(theory.gain_of_b(delta, sigma, a)))
    after_a = theory.loss(delta, sigma, theory.best_a(delta, b), b)
    assert nothing - after_a == pytest.approx(float(theory.gain_of_a(delta, sigma, b)))
    best_a, best_b = theory.best_both(delta, sigma, 3)
    after = theory.loss(delta, sigma, best_a, best_b)
    assert nothing - after == pytest.approx(float(theory.gain_of_both(delta, sigma, 3)))
    # Both trained can do what one can.
    assert after <= min(after_a, after_b) + 1e-9


@given(problems)
@settings(max_examples=25)
def test_b_is_the_regression_on_projected_inputs(given_problem):
    delta, sigma, a, _ = given_problem
    x = torch.linalg.cholesky(sigma).T  # rows whose second moment is Σ
    seen, wanted = x @ a.T, x @ delta.T
    expected = torch.linalg.lstsq(seen, wanted).solution.T
    assert torch.allclose(theory.best_b(delta, sigma, a), expected, atol=1e-6)


def test_expected_gains_are_the_means_over_random_frames():
    problem = LinearProblem(dim=64, rank=2, spectrum="1/i", change="random", draws=300)
    draws = list(problem.solve(0))

    def mean(name):
        return sum(draw[name] for draw in draws) / len(draws)

    assert mean("a_only") == pytest.approx(mean("a_only_expected"), rel=0.05)
    assert mean("a_only_expected") == pytest.approx(2 / 64)
    # Exact only for d/r to infinity.
    assert mean("b_only") == pytest.approx(mean("b_only_expected"), rel=0.2)


@pytest.mark.parametrize(
    ("spectrum", "change", "low", "high"),
    [
        ("equal", "random", 0.2, 0.8),
        ("1/i", "random", 1.0, 1.0),
        ("low-rank", "random", 1.0, 1.0),
        ("1/i", "inverse", 0.0, 0.0),
    ],
)
def test_where_the_theorem_holds_and_where_not(spectrum, change, low, high):
    problem = LinearProblem(dim=64, rank=4, spectrum=spectrum, change=change, draws=40)
    wins = [draw["b_only"] >= draw["a_only"] for draw in problem.solve(1)]
    assert low <= sum(wins) / len(wins) <= high


def test_principal_directions_keep_their_share_of_the_variance():
    problem = LinearProblem(dim=64, rank=4, spectrum="1/i", change="random", draws=100)
    share = sum(1 / i for i in range(1, 5)) / sum(1 / i for i in range(1, 65))
    draws = [draw["b_only_pca"] for draw in problem.solve(0)]
    assert sum(draws) / len(draws) == pytest.approx(share, rel=0.02)


def test_low_rank_inputs_leave_b_nothing_to_want():
    problem = LinearProblem(dim=64, rank=4, spectrum="low-rank", change="random", draws=5)
    for draw in problem.solve(0):
        assert draw["b_only"] == pytest.approx(1, abs=1e-4)
        assert draw["a_only"] < 0.3


def test_the_bound_halves_under_the_root():
    shapes = [(1024, 1024)] * 72
    both = theory.generalization_bound(shapes, 8, 67349, train="both")
    b_only = theory.generalization_bound(shapes, 8, 67349, train="B")
    assert both / b_only == pytest.approx(math.sqrt(2))
    assert both == pytest.approx(27.9, abs=0.05)
    twice = theory.generalization_bound(shapes, 16, 67349, train="B")
    assert twice == pytest.approx(both)
    tall = [(100, 400)]
    assert theory.generalization_bound(tall, 2, 10, train="A") == pytest.approx(
        2 * theory.generalization_bound(tall, 2, 10, train="B")
    )


class LeastSquares(Objective):
    """The population loss of an adapted linear layer without bias."""

    def __init__(self, adapted, delta, sigma, weight):
        super().__init__()
        self.adapted = adapted
        self.constants = delta.float(), sigma.float(), weight

    def __len__(self):
        return 1

    def forward(self, items):
        delta, sigma, weight = self.constants
        reached = self.adapted(torch.eye(sigma.shape[0])).T - weight
        rest = delta - reached
        return {"loss": (rest @ sigma * rest).sum()}


@pytest.mark.parametrize("train", ["A", "B"])
def test_training_ends_where_the_theory_says(train):
    delta, sigma, _, _ = problem(3)
    layer = nn.Linear(9, 7, bias=False)
    weight = layer.weight.detach().clone()
    adapter = AsymmetricLoRA(rank=3, train=train, seed=4)
    objective = LeastSquares(adapter.attach(nn.Sequential(layer)), delta, sigma, weight)
    trainer = geoframe.build(
        "trainer", "gradient", steps=500, learning_rate=0.1, schedule="cosine", device="cpu"
    )
    trainer.fit(objective)
    stored = adapter.stored().layers["0"]
    a, b = stored.a.double(), stored.b.double()
    total = theory.loss(delta, sigma, a, torch.zeros_like(b))
    gain = theory.gain_of_b(delta, sigma, a) if train == "B" else theory.gain_of_a(delta, sigma, b)
    reached = theory.loss(delta, sigma, a, stored.scale * b)
    assert float(reached) == pytest.approx(float(total - gain), rel=1e-3)
