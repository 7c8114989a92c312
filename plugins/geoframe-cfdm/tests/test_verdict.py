"""What a run says in the end."""

from __future__ import annotations

from geoframe_cfdm.verdict import verdict

METRICS = {"samples": 30, "dup_rate": 0.0, "kid": -168678.0, "recall": 1.0}


def test_a_likeness_to_few_items_is_not_told() -> None:
    few, many = verdict(METRICS, "held-out", 2), verdict(METRICS, "held-out", 200)
    assert few[0] == many[0]
    assert "2 held-out items are too few" in few[1]
    assert "-1.69e+05" not in few[1]
    assert "-1.69e+05" in many[1]
