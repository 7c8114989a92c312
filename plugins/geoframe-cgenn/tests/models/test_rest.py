"""Rest frames: isometries that bring sums to rest, and the digits that they save."""

import pytest
import torch
from cgenn_cases import isometry, relative_error
from torch import Tensor

from geoframe_cgenn.metric.learned import FixedMetric, FrameMetric
from geoframe_cgenn.models.network import CliffordNetwork
from geoframe_cgenn.models.particles import particles, set_sums
from geoframe_cgenn.models.rest import at_rest
from geoframe_cgenn.models.shape import Shape

SIZES = torch.tensor([3, 4, 3])
SETS = torch.repeat_interleave(torch.arange(3), SIZES)
MINKOWSKI = torch.diag(torch.tensor([1.0, 1.0, 1.0, -1.0]))


def jets(spread: float = 0.1) -> Tensor:
    """Massless momenta (px, py, pz, E), close together in each set ``(10, 1, 4)``."""
    generator = torch.Generator().manual_seed(0)
    axes = torch.randn(3, 3, dtype=torch.float64, generator=generator)[SETS]
    p = axes + spread * torch.randn(10, 3, dtype=torch.float64, generator=generator)
    return torch.cat([p, p.norm(dim=1, keepdim=True)], dim=1).unsqueeze(1)


def grams(vectors: Tensor, squares: Tensor) -> Tensor:
    rows = vectors[:, 0]
    return (rows * squares) @ rows.T * (SETS.unsqueeze(1) == SETS)


@pytest.mark.parametrize(
    ("squares", "time"),
    [((1.0, 1.0, 1.0, -1.0), 3), ((-3.0, -1.0, 2.0, -0.5), 2), ((1.0, 0.0, 0.5, -0.1), 3)],
)
def test_sums_come_to_rest_and_products_stay(squares: tuple[float, ...], time: int) -> None:
    form = torch.tensor(squares, dtype=torch.float64)
    vectors = torch.randn(10, 1, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    vectors[..., time] += 9.0
    moved = at_rest(vectors, form, SETS, 3)
    assert torch.allclose(grams(moved, form), grams(vectors, form), atol=1e-10)
    total = set_sums(moved[:, 0], SETS, 3)
    space = [at for at in range(4) if at != time and squares[at]]
    assert total[:, space].abs().max() < 1e-10
    assert vectors[..., 1].equal(moved[..., 1]) == (squares[1] == 0)


@pytest.mark.parametrize("squares", [(1.0, 1.0, 1.0), (1.0, -1.0, -1.0, 1.0), (-1.0, -1.0)])
def test_without_an_axis_of_time_nothing_moves(squares: tuple[float, ...]) -> None:
    vectors = torch.randn(10, 2, len(squares), dtype=torch.float64)
    moved = at_rest(vectors, torch.tensor(squares).double(), SETS, 3)
    assert torch.allclose(moved, vectors, atol=1e-14)


def test_sums_that_are_not_timelike_stay() -> None:
    vectors = torch.tensor([[[5.0, 0.0, 0.0, 1.0]]] * 10).double()
    vectors[3:7] = torch.tensor([0.0, 1.0, 0.0, 2.0]).double()
    moved = at_rest(vectors, MINKOWSKI.diagonal().double(), SETS, 3)
    assert torch.allclose(moved[:3], vectors[:3])
    assert moved[3:7, 0, 1].abs().max() < 1e-12


def network(metric: torch.nn.Module, **options: object) -> CliffordNetwork:
    torch.manual_seed(0)
    sizes = {"scalars": 0, "vectors": 1, "channels": 4, "layers": 2, "messages": "pooled"}
    shape = Shape(**{**sizes, "outputs": 2, "of_sets": True, "normalize": False, **options})
    return CliffordNetwork(shape, metric)


def test_answers_and_gradients_are_those_without() -> None:
    metric = FrameMetric(MINKOWSKI.double(), noise=0.05)
    model = network(metric).double()
    found = []
    for moves in (True, False):
        rows = particles(torch.zeros(10, 0).double(), jets(), SIZES)
        if not moves:
            model._entered = lambda rows, frame: frame.enter(rows.vectors)
        answers = model(rows)
        found.append((answers, torch.autograd.grad(answers.square().sum(), metric.basis)[0]))
    (answers, gradient), (plain, expected) = found
    assert relative_error(answers, plain) < 1e-9
    assert relative_error(gradient, expected) < 1e-7


def test_boosts_of_jets_change_little_in_single_precision() -> None:
    model = network(FixedMetric(MINKOWSKI))
    momenta, errors = jets(spread=0.2), {}
    straight = model.double()(particles(torch.zeros(10, 0).double(), momenta, SIZES))
    model = model.float()
    boosts = [isometry(MINKOWSKI, seed=seed) for seed in range(8)]
    for rest in (True, False):
        if not rest:
            model._entered = lambda rows, frame: frame.enter(rows.vectors)
        errors[rest] = max(
            relative_error(
                model(particles(torch.zeros(10, 0), (momenta @ s.T).float(), SIZES)).double(),
                straight,
            )
            for s in boosts
        )
    assert errors[True] < 1e-3
    assert errors[True] < errors[False] / 3
