import numpy as np
import pytest
import torch
from torch import Tensor, nn

from geoframe import DataError
from geoframe.embedders.mlp import MLP
from geoframe.embedders.table import Table
from geoframe.geometry import Geometry
from geoframe_embedding.embedding import EmbeddedItems
from geoframe_embedding.trained import PAIRS_AT_ONCE
from geoframe_nst.config import GraphDataConfig
from geoframe_nst.order.precedence import KnownOrder
from geoframe_nst.spacetime import NeuralSpacetime
from geoframe_nst.trained import TrainedSpacetime
from geoframe_spaces.hyperboloid import Hyperboloid

# A diamond, bread -> dough, crust -> loaf, drawn in the plane, with its two linear extensions.
NAMES = ("bread", "dough", "crust", "loaf")
PLACES = torch.tensor([[0.0, 0.0], [3.0, 4.0], [0.0, 1.0], [6.0, 8.0]])
RANKS = torch.tensor([[0.0, 0.0], [1.0, 2.0], [2.0, 1.0], [3.0, 3.0]])


DATA = GraphDataConfig(dataset=None)  # type: ignore[arg-type]


class Plane(Geometry):
    """The Euclidean plane."""

    def distance(self, x: Tensor, y: Tensor) -> Tensor:
        return (x - y).norm(dim=-1)


@pytest.fixture
def diamond() -> TrainedSpacetime:
    table = Table(4, 2)
    table.rows.data = PLACES.clone()
    spacetime = NeuralSpacetime(Plane(2), nn.Identity(), time_dim=2)
    embedding = EmbeddedItems(table, spacetime, torch.arange(4), RANKS)
    embedding.scale.fill_(2.0)
    return TrainedSpacetime(embedding, NAMES, data=DATA)


def test_distances_are_in_the_units_of_the_weights(diamond: TrainedSpacetime) -> None:
    assert diamond.distance("bread", "dough")["distance"].tolist() == [10]
    assert diamond.distance("bread", NAMES)["distance"].tolist() == [0, 10, 2, 20]
    several = diamond.distance(["bread", "dough"], ["dough", "loaf"])
    assert several["distance"].tolist() == [10, 10]
    np.testing.assert_allclose(diamond.between(np.array([0, 1]), np.array([1, 3])), [10, 10])


def test_precedence_is_the_partial_order(diamond: TrainedSpacetime) -> None:
    pairs = [("bread", "loaf"), ("loaf", "bread"), ("dough", "crust"), ("crust", "dough")]
    found = diamond.precedes(*zip(*pairs, strict=True))
    assert found["precedes"].tolist() == [True, False, False, False]
    assert diamond.precedes("dough", NAMES)["precedes"].tolist() == [False, True, False, True]


def test_nearest_nodes_with_and_without_order(diamond: TrainedSpacetime) -> None:
    near = diamond.nearest("bread")
    assert near["neighbor"].tolist() == ["crust", "dough", "loaf"]
    assert near["distance"].tolist() == [2, 10, 20]
    assert diamond.nearest("bread", 1)["neighbor"].tolist() == ["crust"]
    assert diamond.nearest("dough", after=True)["neighbor"].tolist() == ["loaf"]
    assert diamond.nearest("dough", before=True)["neighbor"].tolist() == ["bread"]
    assert len(diamond.nearest("loaf", after=True)) == 0
    assert len(diamond.nearest("dough", after=True, before=True)) == 0
    both = diamond.nearest(["bread", "loaf"], 2, after=True)
    assert both["name"].tolist() == ["bread", "bread"]
    assert both["rank"].tolist() == [1, 2]


def test_nearest_tells_which_nodes_an_edge_joins(diamond: TrainedSpacetime) -> None:
    assert "edge" not in diamond.nearest("bread")  # of a run that kept no edges
    edges = np.array([[0, 1], [0, 2], [1, 3], [2, 3]])
    known = KnownOrder(edges=edges, exact=True)
    spacetime = TrainedSpacetime(diamond.embedding, NAMES, data=DATA, known=known)
    assert spacetime.nearest("loaf")["neighbor"].tolist() == ["dough", "crust", "bread"]
    assert spacetime.nearest("loaf")["edge"].tolist() == [True, True, False]
    assert spacetime.nearest(["bread", "dough"], 3, after=True)["edge"].tolist() == [
        *(True, True, False),
        True,
    ]
    u, v = np.divmod(np.arange(16), 4)
    np.testing.assert_array_equal(
        spacetime.precedence.between(u, v), diamond.precedence.between(u, v)
    )


def test_a_name_that_is_no_node_gets_a_suggestion(diamond: TrainedSpacetime) -> None:
    for query in (
        lambda: diamond.distance("bred", "loaf"),
        lambda: diamond.precedes("loaf", ["dough", "bred"]),
        lambda: diamond.nearest("bred"),
        lambda: diamond.points_of(["bred"]),
    ):
        with pytest.raises(DataError, match=r"no node 'bred'.*'bread'"):
            query()


def test_many_pairs_are_compared_a_block_at_a_time(diamond: TrainedSpacetime) -> None:
    draw = np.random.default_rng(0)
    u, v = draw.choice(NAMES, size=(2, PAIRS_AT_ONCE + 3)).tolist()
    distances, order = diamond.distance(u, v)["distance"], diamond.precedes(u, v)["precedes"]
    assert len(distances) == len(order) == len(u)
    assert distances.iloc[-1] == diamond.distance(u[-1], v[-1])["distance"].item()
    assert order.iloc[-1] == diamond.precedes(u[-1], v[-1])["precedes"].item()
    assert len(diamond.distance([], [])) == len(diamond.precedes([], [])) == 0


def test_nodes_named_by_numbers(diamond: TrainedSpacetime) -> None:
    numbered = TrainedSpacetime(diamond.embedding, ["7", "8", "9", "10"], data=DATA)
    assert numbered.distance(7, [8, "9"]).equals(numbered.distance("7", ["8", "9"]))
    assert numbered.nearest(7, 1).equals(numbered.nearest("7", 1))


def test_a_negative_number_of_neighbours(diamond: TrainedSpacetime) -> None:
    with pytest.raises(DataError, match="k must be 0 or more, got -1"):
        diamond.nearest("bread", -1)


def test_coordinates_give_points_and_times(diamond: TrainedSpacetime) -> None:
    columns = diamond.to_frame()
    assert [*columns] == ["point_0", "point_1", "point_2", "point_3", "time_0", "time_1"]
    assert columns.index.tolist() == [*NAMES]
    points = np.stack([columns[f"point_{i}"] for i in range(4)], axis=1)
    np.testing.assert_array_equal(points, torch.cat([PLACES, RANKS], dim=1))
    times = np.stack([columns["time_0"], columns["time_1"]], axis=1)
    np.testing.assert_array_equal(times, RANKS)
    np.testing.assert_array_equal(diamond.places(), PLACES)
    order = (times[:, None] <= times).all(axis=-1)
    np.testing.assert_array_equal(
        order, np.stack([diamond.precedes(name, NAMES)["precedes"] for name in NAMES])
    )


def test_a_table_embeds_no_new_nodes(diamond: TrainedSpacetime) -> None:
    with pytest.raises(DataError, match=r"embedder\.name=mlp"):
        diamond.embed(np.zeros((1, 3), dtype=np.float32))


def test_a_network_embeds_new_nodes_as_it_embeds_those_of_training() -> None:
    torch.manual_seed(0)
    features = torch.randn(5, 3)
    spacetime = NeuralSpacetime(Plane(2), nn.Identity(), time_dim=2)
    names = [*"abcde"]
    trained = TrainedSpacetime(EmbeddedItems(MLP(3, 4), spacetime, features), names, data=DATA)
    np.testing.assert_allclose(trained.embed(features.numpy()), trained.points_of(names))
    for wrong, width in ((None, 0), (np.zeros((2, 4), dtype=np.float32), 4)):
        with pytest.raises(DataError, match=f"{width} features.*trained on 3"):
            trained.embed(wrong)


def test_with_closed_form_time_a_network_gives_the_points_of_space() -> None:
    torch.manual_seed(0)
    features = torch.randn(4, 3)
    spacetime = NeuralSpacetime(Hyperboloid(dim=2), nn.Identity(), time_dim=2)
    embedding = EmbeddedItems(MLP(3, 2), spacetime, features, RANKS)
    trained = TrainedSpacetime(embedding, NAMES, data=DATA)
    np.testing.assert_allclose(trained.embed(features.numpy()), trained.places(), rtol=1e-6)
