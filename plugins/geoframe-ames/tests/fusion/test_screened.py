import attrs
import numpy as np
from numpy.typing import NDArray

from geoframe_ames.fusion.screened import fused, screen
from geoframe_lgi.held_out import Predictions, log_mean_scores
from geoframe_lgi.task import NodeTask


def task(n: int = 200) -> NodeTask:
    rng = np.random.default_rng(0)
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=np.zeros((n, 1), dtype=np.float32),
        kind="classification",
        target=rng.integers(0, 2, (n, 1)).astype(float),
        outputs=("a", "b"),
    )


def said(name: str, right: NDArray[np.float64], data: NodeTask) -> Predictions:
    """A model that gives the true class the probabilities ``right``."""
    scores = np.empty((len(data), 2))
    scores[np.arange(len(data)), data.codes] = right
    scores[np.arange(len(data)), 1 - data.codes] = 1 - right
    return Predictions(name=name, scores=scores, held=scores, seconds=1.0)


def test_a_branch_that_is_clearly_worse_is_left_out_and_level_ones_weigh_the_same() -> None:
    data, rng = task(), np.random.default_rng(1)
    probabilities = rng.uniform(0.4, 0.9, 200)
    good = said("good", probabilities, data)
    level = said("level", rng.permutation(probabilities), data)
    bad = said("bad", rng.uniform(0.1, 0.4, 200), data)
    weights = {each.name: each.weight for each in screen(data, [bad, good, level], 8.0)}
    assert weights["bad"] == 0
    assert np.allclose([weights["good"], weights["level"]], 0.5)
    every = screen(data, [bad, good, level], 0.0)
    assert np.allclose([each.weight for each in every], 1 / 3)


def test_a_weight_falls_with_the_loss_as_often_as_the_sharpness_says() -> None:
    data = task()
    # Right in turns, so that the mixture of both is better than either.
    first = np.where(np.arange(200) % 2 == 0, 0.9, 0.55)
    second = np.where(np.arange(200) % 2 == 1, 0.88, 0.55)
    found = screen(data, [said("a", first, data), said("b", second, data)], 2.0)
    assert np.isclose(found[1].weight / found[0].weight, (found[0].loss / found[1].loss) ** 2)


def test_the_best_branch_stands_alone_where_held_out_rows_like_it_better() -> None:
    data = task()
    best = said("best", np.full(200, 0.9), data)
    worse = said("worse", np.full(200, 0.85), data)
    assert [each.weight for each in screen(data, [worse, best], 8.0)] == [0, 1]


def test_branches_without_any_error_are_level() -> None:
    data = task(20)
    sure = [said(name, np.ones(20), data) for name in "ab"]
    assert sum(each.weight for each in screen(data, sure, 8.0)) == 1


def test_excess_and_error_are_those_of_paired_losses() -> None:
    data, rng = task(), np.random.default_rng(1)
    first, second = rng.uniform(0.6, 0.9, 200), rng.uniform(0.55, 0.9, 200)
    found = screen(data, [said("a", first, data), said("b", second, data)], 8.0)
    worse = max(found, key=lambda each: each.loss)
    gaps = np.abs((-np.log(second) + np.log(first)).mean())
    assert np.isclose(worse.excess, gaps)
    assert np.isclose(worse.error, (np.log(first) - np.log(second)).std(ddof=1) / 200**0.5)


def test_fusion_is_the_weighted_mean_of_logarithms() -> None:
    data = task()
    parts = [said(name, np.full(200, p), data) for name, p in (("a", 0.6), ("b", 0.8), ("c", 0.1))]
    mean = fused(data, "all", parts, [0.25, 0.75, 0.0])
    odds = (0.6 / 0.4) ** 0.25 * (0.8 / 0.2) ** 0.75
    assert np.allclose(mean.scores[np.arange(200), data.codes], odds / (1 + odds), atol=1e-3)
    assert mean.seconds == 3.0


def test_labels_are_merged_by_log_odds_and_numbers_by_their_mean() -> None:
    data = task()
    first, second = np.full((200, 2), 0.9), np.full((200, 2), 0.5)
    labels = attrs.evolve(data, kind="multi-label")
    assert np.allclose(log_mean_scores(labels, [first, second]), 0.75, atol=1e-3)  # odds 9 and 1
    numbers = attrs.evolve(data, kind="regression")
    assert np.allclose(log_mean_scores(numbers, [first, -second]), 0.2)
