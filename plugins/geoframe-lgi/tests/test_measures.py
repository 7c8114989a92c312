import numpy as np
import pytest

from geoframe_lgi.measures import calibration_error, mean_auc, measure, row_losses, sign_test
from geoframe_lgi.task import Kind, NodeTask


def task(target: list[list[float]], kind: Kind, outputs: tuple[str, ...]) -> NodeTask:
    n = len(target)
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=np.zeros((n, 1), dtype=np.float32),
        kind=kind,
        target=np.array(target),
        outputs=outputs,
    )


def test_auc_is_scikit_learn_s_with_ties() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    codes = rng.integers(0, 3, 200)
    scores = rng.dirichlet(np.ones(3), 200).round(1)
    ours = mean_auc(scores, codes[:, None] == np.arange(3))
    theirs = np.mean([roc_auc_score(codes == c, scores[:, c]) for c in range(3)])
    assert ours == pytest.approx(theirs)


def test_calibration_error_is_the_mean_gap_over_bins() -> None:
    confidence = np.array([0.95, 0.95, 0.65, 0.65])
    right = np.array([True, False, True, True])
    assert calibration_error(confidence, right) == pytest.approx(0.5 * 0.45 + 0.5 * 0.35)


def test_classes() -> None:
    data = task([[0], [1], [1], [np.nan]], "classification", ("a", "b"))
    scores = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.5, 0.5]])
    found = measure(data, scores, np.ones(4, dtype=bool))
    assert found["accuracy"] == pytest.approx(2 / 3)
    assert found["nll"] == pytest.approx(-np.log([0.9, 0.8, 0.4]).mean())
    losses = row_losses(data, scores, np.array([True, True, True, False]))
    assert losses == pytest.approx(-np.log([0.9, 0.8, 0.4]) + [0, 0, 1])


def test_numbers() -> None:
    data = task([[1.0], [2.0], [3.0]], "regression", ("y",))
    found = measure(data, np.array([[1.0], [2.0], [5.0]]), np.ones(3, dtype=bool))
    assert found["rmse"] == pytest.approx((4 / 3) ** 0.5)
    assert found["r2"] == pytest.approx(1 - 4 / 2)


def test_labels() -> None:
    data = task([[1, 0], [0, 0]], "multi-label", ("x", "y"))
    found = measure(data, np.array([[0.9, 0.6], [0.1, 0.2]]), np.ones(2, dtype=bool))
    assert found["label_accuracy"] == pytest.approx(0.75)
    assert found["subset_accuracy"] == pytest.approx(0.5)


def test_no_row_has_no_measure() -> None:
    data = task([[np.nan], [np.nan]], "classification", ("a", "b"))
    assert measure(data, np.full((2, 2), 0.5), np.ones(2, dtype=bool)) == {}


def test_the_sign_test_leaves_ties_out() -> None:
    assert sign_test(np.array([1.0, 1, 1, 1, 1, 0, 0])) == pytest.approx(2 / 2**5)
    assert sign_test(np.zeros(4)) == 1.0
