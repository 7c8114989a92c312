"""The answer in words has numbers in it, and nothing else."""

from __future__ import annotations

import pytest

from geoframe_nst.verdict import verdict


@pytest.mark.parametrize(
    ("recall", "false", "said"),
    [
        (1.0, 0.0, "for every connected pair"),
        (1.0, float("nan"), "for every connected pair"),
        (0.5, float("nan"), "there are no others"),
        (0.5, 0.25, "for 25.0% of the others"),
    ],
)
def test_a_graph_may_connect_all_pairs(recall, false, said):
    metrics = {"closure_recall": recall, "false_causality": false}
    sentences = verdict(metrics, [], "edges")
    assert said in sentences[0]
    assert "nan" not in " ".join(sentences)
