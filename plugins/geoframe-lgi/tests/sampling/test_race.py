from itertools import permutations

import pytest
import torch

import geoframe
from geoframe import DataError, Geometry
from geoframe_lgi.sampling.race import Race
from geoframe_lgi.sampling.temperature import calibrated, median_entropy

GEOMETRIES = ["euclidean", "hyperboloid", "poincare", "sphere", "stereographic", "snowflake"]
OTHERS = ["snowflake-power", "snowflake-spline", "minkowski", "snowflake-v2"]


def euclidean(dim: int = 2) -> Geometry:
    built: Geometry = geoframe.build("geometry", "euclidean", dim=dim)
    return built


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_k_sources_come_as_often_as_draws_without_replacement_would() -> None:
    points = torch.tensor([[0.0], [0.3], [0.9], [1.6], [2.0]])
    targets = torch.zeros(40_000, 1)
    drawn = Race(k=2).draw(euclidean(1), targets, points, 1.3, generator(), same=False)
    p = torch.exp(-1.3 * points[:, 0] ** 2)
    for first, second in permutations(range(5), 2):
        expected = float(p[first] / p.sum() * p[second] / (p.sum() - p[first]))
        share = float(((drawn[:, 0] == first) & (drawn[:, 1] == second)).double().mean())
        error = (expected * (1 - expected) / len(targets)) ** 0.5
        assert abs(share - expected) < 4.5 * error


def test_the_reversed_noise_draws_from_another_distribution() -> None:
    points = torch.tensor([[0.0], [0.3], [0.9], [1.6], [2.0]])
    targets = torch.zeros(20_000, 1)
    shares = []
    for noise in ("race", "reversed"):
        race = Race(k=1, noise=noise)  # type: ignore[arg-type]
        drawn = race.draw(euclidean(1), targets, points, 1.3, generator(), same=False)
        shares.append(torch.bincount(drawn[:, 0], minlength=5) / len(targets))
    assert (shares[0] - shares[1]).abs().max() > 0.02


@pytest.mark.parametrize("rows", [8, 16, 24, 128, 1024])
@pytest.mark.parametrize("name", ["euclidean", "hyperboloid"])
def test_a_seed_draws_the_same_graph_whatever_the_block(rows: int, name: str) -> None:
    geometry = geoframe.build("geometry", name, dim=3)
    torch.manual_seed(1)
    points = geometry.project(torch.randn(301, 3, dtype=torch.float64))
    drawn = [
        Race(k=4, block_rows=block).draw(geometry, points, points, 2.0, generator(5))
        for block in (64, rows)
    ]
    assert torch.equal(*drawn)


def test_a_block_is_a_multiple_of_what_shares_its_noise() -> None:
    with pytest.raises(ValueError, match="multiple of 8"):
        Race(block_rows=12)


def test_without_noise_it_takes_the_nearest() -> None:
    torch.manual_seed(0)
    points = torch.randn(50, 2)
    geometry = euclidean()
    drawn = Race(k=3, noise="none", self_edges=True).draw(geometry, points, points, 1, generator())
    assert torch.equal(drawn, geometry.nearest(points, points, 3)[1])


def test_a_node_is_its_own_source_only_if_asked() -> None:
    torch.manual_seed(0)
    points = torch.randn(70, 2)
    own = torch.arange(70).unsqueeze(1)
    geometry = euclidean()
    without = Race(k=5).draw(geometry, points, points, 50.0, generator())
    assert not (without == own).any()
    with_self = Race(k=5, self_edges=True).draw(geometry, points, points, 50.0, generator())
    assert (with_self == own).any(dim=1).double().mean() > 0.95


def test_too_few_candidates_are_one_line() -> None:
    points = torch.randn(5, 2)
    with pytest.raises(DataError, match=r"only 4 candidates; lower graph\.k"):
        Race(k=5).draw(euclidean(), points, points, 1.0, generator())


@pytest.mark.parametrize("name", [*GEOMETRIES, *OTHERS])
def test_any_registered_geometry_can_be_raced_in(name: str) -> None:
    torch.manual_seed(0)
    geometry = geoframe.build("geometry", name, dim=3)
    points = geometry.project(torch.randn(60, 3)).detach()
    race = Race(k=4)
    tau = calibrated(race, geometry, points, generator())
    drawn = race.draw(geometry, points, points, tau, generator())
    assert drawn.shape == (60, 4)
    assert all(len(set(row)) == 4 for row in drawn.tolist())


def test_an_asymmetric_distance_is_taken_from_target_to_source() -> None:
    class Uphill(Geometry):
        """d(x, y) = max(y - x, 0) + 3 max(x - y, 0): going down costs more."""

        def distance(self, x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            step = (y - x)[..., 0]
            return step.clamp_min(0) + 3 * (-step).clamp_min(0)

    points = torch.tensor([[0.0], [1.0], [2.0]])
    race = Race(k=1, noise="none")
    drawn = race.draw(Uphill(1), points, points, 1.0, generator())
    assert drawn[:, 0].tolist() == [1, 2, 1]


def test_the_temperature_leaves_three_candidates_per_edge_in_play() -> None:
    torch.manual_seed(0)
    points = 1e-4 * torch.randn(400, 4)  # the scale of latents at the published start
    race = Race(k=5)
    geometry = euclidean(4)
    tau = calibrated(race, geometry, points, generator())
    cost = race.cost(geometry.pairwise(points, points)).double() * tau
    cost.fill_diagonal_(torch.inf)
    assert abs(median_entropy(cost) - torch.log(torch.tensor(15.0))) < 0.1


def test_equal_points_are_told() -> None:
    with pytest.raises(DataError, match="same latent point"):
        calibrated(Race(k=3), euclidean(), torch.zeros(50, 2), generator())


def test_a_snowflake_read_from_a_table_draws_what_the_network_would() -> None:
    torch.manual_seed(0)
    geometry = geoframe.build("geometry", "snowflake", dim=3)
    points = torch.randn(300, 3)
    race = Race(k=4, power=1, self_edges=True)
    tau = calibrated(race, geometry, points, generator())
    drawn = race.draw(geometry, points, points, tau, generator(3))
    state = generator(3)  # blocks so small that the network itself is asked
    blocks = [race.draw(geometry, rows, points, tau, state) for rows in points.split(8)]
    assert (drawn == torch.cat(blocks)).double().mean() > 0.95
