import numpy as np
import pytest

from geoframe_hnn.arrays.models import (
    BallDistances,
    LorentzDistances,
    to_ball,
    to_lorentz,
    to_tangent,
)


def tangents(n: int, dim: int, radius: float) -> np.ndarray:
    generator = np.random.default_rng(0)
    way = generator.standard_normal((n, dim))
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    return radius * generator.random((n, 1)) ** 0.3 * way


@pytest.mark.parametrize("dim", [2, 5])
def test_both_models_have_the_distances_of_the_textbook(dim: int) -> None:
    tangent = tangents(20, dim, 4.0)
    lorentz = to_lorentz(tangent)
    np.testing.assert_allclose((lorentz[:, 1:] ** 2).sum(1) - lorentz[:, 0] ** 2, -1, atol=1e-9)
    inner = lorentz[:, 1:] @ lorentz[:, 1:].T - np.outer(lorentz[:, 0], lorentz[:, 0])
    expected = np.arccosh(np.maximum(-inner, 1.0))
    np.fill_diagonal(expected, 0.0)
    items = np.arange(20)
    u, v = np.divmod(np.arange(400), 20)
    for found in (
        BallDistances(to_ball(tangent), 2.0),  # type: ignore[arg-type]
        LorentzDistances(lorentz, 2.0),  # type: ignore[arg-type]
    ):
        np.testing.assert_allclose(found.rows(items), 2.0 * expected, atol=1e-6)
        np.testing.assert_allclose(found.between(u, v), 2.0 * expected.ravel(), atol=1e-6)


def test_a_tangent_vector_comes_back() -> None:
    tangent = np.concatenate([np.zeros((1, 3)), tangents(30, 3, 12.0)])
    np.testing.assert_allclose(to_tangent(to_ball(tangent)), tangent, rtol=1e-5, atol=1e-12)


def test_rounding_to_float32_leaves_far_points_right_where_the_usual_formula_fails() -> None:
    angle = 2e-5 * np.arange(50)  # 12 from the centre these are 1.5 apart
    tangent = 12.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    exact = BallDistances(to_ball(tangent)).rows(np.arange(50))  # type: ignore[arg-type]
    far = exact > 1.0
    single = to_lorentz(tangent).astype(np.float32)
    for found in (
        BallDistances(to_ball(tangent).astype(np.float32)),
        LorentzDistances(single),
    ):
        assert np.abs(found.rows(np.arange(50))[far] / exact[far] - 1).max() < 0.02
    with np.errstate(invalid="ignore"):
        usual = np.arccosh(single[:, :1] * single[:, 0] - single[:, 1:] @ single[:, 1:].T)
    assert not (np.abs(usual[far] / exact[far] - 1) < 0.02).all()
