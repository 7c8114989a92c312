import numpy as np
import pytest

from geoframe import DataError
from geoframe_lgi.config import SplitConfig
from geoframe_lgi.held_out import HeldOut
from geoframe_lgi.splits import make_splits
from geoframe_lgi.task import NodeTask


def task(n: int = 120, classes: int = 3, unknown: int = 0) -> NodeTask:
    codes = (np.arange(n) % classes).astype(float)
    codes[:unknown] = np.nan
    return NodeTask(
        names=tuple(map(str, range(n))),
        features=np.zeros((n, 1), dtype=np.float32),
        kind="classification",
        target=codes[:, None],
        outputs=tuple("abc"[:classes]),
    )


def test_parts_are_apart_stratified_and_leave_unlabelled_rows_out() -> None:
    (split,) = make_splits(task(unknown=30), SplitConfig(test=0.3, validation=0.2))
    parts = [split.train, split.validation, split.test]
    assert (np.sum(parts, axis=0) <= 1).all()
    assert not np.any([part[:30] for part in parts])
    assert np.sum(parts) == 90
    for part, share in zip(parts, (0.5, 0.2, 0.3), strict=True):
        counts = np.bincount(task(unknown=30).codes[part], minlength=3)
        assert (np.abs(counts - share * 30) <= 1).all()


def test_folds_test_every_row_once() -> None:
    splits = make_splits(task(), SplitConfig(folds=5, validation=0.1))
    tested = np.sum([split.test for split in splits], axis=0)
    assert (tested == 1).all()
    assert all(split.validation.sum() == 12 for split in splits)


def test_a_group_stands_on_one_side() -> None:
    groups = np.array([f"patient {row // 6}" for row in range(120)], dtype=object)
    for split in make_splits(task(), SplitConfig(repeats=3), groups=groups):
        for part in (split.train, split.validation, split.test):
            inside = {groups[row] for row in np.flatnonzero(part)}
            assert part.sum() == 6 * len(inside)


def test_rows_per_class_are_counted() -> None:
    splits = make_splits(task(), SplitConfig(per_class=5, repeats=4))
    assert len({tuple(np.flatnonzero(split.train)) for split in splits}) == 4
    for split in splits:
        assert np.bincount(task().codes[split.train]).tolist() == [5, 5, 5]
        assert not split.validation.any()
        assert split.test.sum() == 105


def test_columns_say_it_themselves() -> None:
    cells = np.array(["Train", "val", "test", ""] * 30, dtype=object)
    (split,) = make_splits(task(), SplitConfig(), roles=[("fold", cells)])
    assert split.name == "fold"
    assert [part.sum() for part in (split.train, split.validation, split.test)] == [30, 30, 30]
    with pytest.raises(DataError, match="split column 'fold': 'tset' is no part"):
        make_splits(task(), SplitConfig(), roles=[("fold", np.array(["tset"] * 120, object))])
    with pytest.raises(DataError, match="no labelled row is left to test on"):
        make_splits(task(), SplitConfig(), roles=[("fold", np.array(["train"] * 120, object))])


def test_held_out_rows_are_the_validation_or_folds_that_take_turns() -> None:
    with_validation, without = (
        make_splits(task(), options)[0] for options in (SplitConfig(), SplitConfig(per_class=8))
    )
    given = HeldOut.of(task(), with_validation, 0)
    assert not given.cross
    assert (given.rows == with_validation.validation).all()
    turns = HeldOut.of(task(), without, 0)
    assert turns.cross
    assert (turns.rows == without.train).all()
    assert (np.sum([fold.held for fold in turns.folds], axis=0) == without.train).all()
    for fold in turns.folds:
        assert not (fold.train & fold.held).any()
        assert np.bincount(task().codes[fold.held]).tolist() == [2, 2, 2]
