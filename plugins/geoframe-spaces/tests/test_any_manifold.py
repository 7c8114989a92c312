"""Any manifold of geoopt by name."""

import pytest
import torch

from geoframe import ConfigError, build
from geoframe.testing import check_geometry


def test_lorentz_agrees_with_our_hyperboloid():
    ours = build("geometry", "hyperboloid", dim=3)
    theirs = build("geometry", "geoopt", dim=4, manifold="Lorentz").double()
    x, y = ours.project(torch.randn(2, 20, 3, dtype=torch.float64))
    torch.testing.assert_close(theirs.distance(x, y), ours.distance(x, y), rtol=1e-6, atol=1e-6)


def test_matrices_are_kept_row_after_row():
    space = build("geometry", "geoopt", dim=9, manifold="SymmetricPositiveDefinite").double()
    points = space.project(torch.randn(6, 9, dtype=torch.float64))
    matrices = points.unflatten(-1, (3, 3))
    torch.testing.assert_close(matrices, matrices.mT)
    assert (torch.linalg.eigvalsh(matrices) > 0).all()
    assert space.distance(points[:3], points[3:]).shape == (3,)


def test_options_reach_the_manifold():
    space = build("geometry", "geoopt", dim=2, manifold="PoincareBall", options={"c": 4.0})
    x = torch.tensor([0.3, 0.0])
    expected = 2 / 2.0 * torch.atanh(torch.tensor(2.0 * 0.3))  # 2/sqrt(c) artanh(sqrt(c) |x|)
    torch.testing.assert_close(space.distance(torch.zeros(2), x), expected)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"manifold": "Lorenz"}, "did you mean 'Lorentz'"),
        ({"manifold": "Lorentz", "options": {"kappa": 1.0}}, "cannot be built"),
        ({"manifold": "SymmetricPositiveDefinite", "dim": 5}, "no square number"),
        ({"manifold": "Stiefel", "dim": 4}, "cannot be used"),
    ],
)
def test_what_cannot_be_used_is_one_line(given, said):
    with pytest.raises(ConfigError, match=said):
        build("geometry", "geoopt", **given)


def test_a_sound_manifold_conforms():
    assert check_geometry(lambda: build("geometry", "geoopt", dim=3, manifold="Euclidean")).ok
