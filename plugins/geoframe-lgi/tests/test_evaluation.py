import pytest

from geoframe_lgi.evaluation import was_it_worth


@pytest.mark.parametrize(
    ("gain", "said"),
    [(0.09, "paid: +0.090"), (0.06, "may have paid: +0.060"), (0.03, "not worth learning here")],
)
def test_learning_paid_only_where_the_gain_is_two_standard_errors(gain: float, said: str) -> None:
    assert said in was_it_worth(gain, 0.04, "accuracy")
