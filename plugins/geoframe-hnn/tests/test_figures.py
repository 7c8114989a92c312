"""Pictures: edges follow geodesics, and the file stays small."""

import numpy as np
import pytest
from hnn_trees import random_tree

from geoframe.run.figures import svg
from geoframe_hnn.figures import drawable, geodesics, poincare_disc
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree


def apart(a, b):
    """Distance in the disc, curvature -1."""
    return 2.0 * np.arctanh(np.abs((a - b) / (1.0 - np.conj(a) * b)))


def test_drawn_edges_follow_geodesics():
    rng = np.random.default_rng(0)
    ends = np.sqrt(rng.uniform(0, 0.9, (2, 200))) * np.exp(2j * np.pi * rng.random((2, 200)))
    curves = geodesics(*ends)
    assert curves[:, [0, 3]] == pytest.approx(ends.T)
    for t in (0.1, 0.5, 0.8):
        weights = np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])
        between = curves @ weights
        detour = apart(ends[0], between) + apart(between, ends[1]) - apart(*ends)
        assert np.abs(detour).max() < 1e-3


def test_edges_at_the_rim_and_of_no_length_are_drawn():
    start = np.array([0.3 + 0.4j, -1.0, 1.0, 0.0])
    end = np.array([0.3 + 0.4j, 1.0, 1.0j, 0.0])
    curves = geodesics(start, end)
    assert np.isfinite(curves).all()
    assert curves[1] == pytest.approx([-1.0, -1.0 / 3.0, 1.0 / 3.0, 1.0])
    middle = curves[2] @ np.array([1, 3, 3, 1]) / 8  # of a quarter of a turn
    assert abs(middle - (1.0 + 1.0j)) == pytest.approx(1.0, abs=1e-3)


def test_a_picture_takes_less_than_250_bytes_a_node():
    tree = random_tree(1500)
    content = svg(poincare_disc(drawable(embed_tree(tree)))).decode()
    assert content.count("<use ") == len(tree)
    assert len(content) < 250 * len(tree)
