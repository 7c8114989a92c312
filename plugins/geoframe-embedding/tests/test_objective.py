from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor

from geoframe.embedders.table import Table
from geoframe.training.gradient import GradientTrainer
from geoframe_embedding.discrepancy import Loss, discrepancy
from geoframe_embedding.distances import MatrixDistances
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.objective import PairObjective, PartnerObjective
from geoframe_embedding.pairs import choose_pairs
from geoframe_spaces.euclidean import Euclidean

LINE = torch.tensor([[0.0], [1], [3], [6]])


def table(n: int = 4, dim: int = 1) -> EmbeddedItems:
    return EmbeddedItems(Table(n, dim), Euclidean(dim), torch.arange(n))


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("log-ratio", np.log(2) ** 2 / 2),
        ("relative", 0.5),
        ("squared", 0.5),
        ("stress", 0.5 / 2.5),
    ],
)
def test_discrepancies(loss: Loss, expected: float) -> None:
    found = discrepancy(torch.tensor([2.0, 2.0]), torch.tensor([1.0, 2.0]), loss)
    assert found.item() == pytest.approx(expected)


@pytest.mark.parametrize("few", [True, False])
def test_gradients_do_not_depend_on_who_is_encoded(few: bool) -> None:
    n = 30 if few else 4
    embedding = table(n)
    pairs = torch.tensor([[0, 1], [1, 2], [0, 1]])
    targets = torch.tensor([1.0, 2.0, 3.0])
    PairObjective(embedding, pairs, targets, "squared")(torch.arange(3))["loss"].backward()
    rows = embedding.embedder.rows  # type: ignore[attr-defined]
    plain = rows.detach().clone().requires_grad_()
    distances = (plain[pairs[:, 0]] - plain[pairs[:, 1]]).abs()[:, 0]
    (distances - targets).square().mean().backward()
    torch.testing.assert_close(rows.grad, plain.grad)


def test_further_terms_are_added_and_told() -> None:
    class Centred(PairObjective):
        def terms(
            self, x: Tensor, y: Tensor, points: Tensor, further: Tensor, items: Tensor | None
        ) -> Mapping[str, Tensor]:
            return {"centre": points.mean().square(), "apart": points[further].diff(dim=1).mean()}

        def further_pairs(self, count: int) -> Tensor:
            return torch.tensor([[3, 2]] * count)

    objective = Centred(table(), torch.tensor([[0, 1]]), torch.ones(1), "relative")
    values = objective(torch.arange(1))
    parts = values["distance"] + values["centre"] + values["apart"]
    assert values["loss"].item() == pytest.approx(parts.item())


def test_random_partners_fit_distances() -> None:
    embedding = table(dim=2)
    wanted = (LINE - LINE.T).abs()
    objective = PartnerObjective(embedding, lambda u, v: wanted[u, v], "stress", partners=8)
    trainer = GradientTrainer(steps=400, learning_rate=0.05, batch_size=4)
    trainer.fit(objective)
    points = embedding()
    torch.testing.assert_close(torch.cdist(points, points), wanted, rtol=0.02, atol=0.05)


def test_both_orders_of_a_pair_are_pairs() -> None:
    matrix = np.arange(9.0).reshape(3, 3)
    np.fill_diagonal(matrix, 0)
    pairs = choose_pairs(MatrixDistances(matrix=matrix), 100, seed=0, directed=True)
    assert len(pairs) == 6
    assert sorted(pairs.given) == [1, 2, 3, 5, 6, 7]
    few = choose_pairs(MatrixDistances(matrix=matrix), 5, seed=0, directed=True)
    assert not few.complete
    np.testing.assert_array_equal(few.given, matrix[few.first, few.second])


def test_runs_of_the_first_series_are_read() -> None:
    ranks = torch.arange(8.0).view(4, 2)
    embedding = EmbeddedItems(Table(4, 1), Euclidean(3), torch.arange(4), ranks.clone())
    old = {
        key.replace("closed_form", "ranks").replace("geometry.", "spacetime."): value + 1
        for key, value in embedding.state_dict().items()
    }
    assert "ranks" in old
    embedding.load_state_dict(old)
    torch.testing.assert_close(embedding.closed_form, ranks + 1)


def test_calibration_makes_the_medians_equal() -> None:
    embedding = table(20, 2)
    pairs = torch.combinations(torch.arange(20))
    targets = torch.rand(len(pairs)) + 5
    embedding.calibrate(pairs, targets)
    assert embedding.distances(pairs).median().item() == pytest.approx(targets.median().item())
