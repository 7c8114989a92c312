import numpy as np
from embedded_items import random_points

from geoframe.run.figures import svg
from geoframe_embedding.figures import (
    map_of_points,
    ratio_histogram,
    ratios_by_distance,
    shepard_plot,
)
from geoframe_embedding.measures import Ratios

RATIOS = Ratios(given=np.array([1.0, 2, 3]), embedded=np.array([0.0, 2.5, np.inf]))


def test_pictures_of_odd_ratios_are_drawn() -> None:
    svg(ratio_histogram(RATIOS.ratio))
    svg(ratio_histogram(np.empty(0)))
    svg(ratios_by_distance({"one": RATIOS}))
    svg(shepard_plot(Ratios(given=np.array([1.0]), embedded=np.array([2.0]))))


def test_maps_show_names_and_the_error_of_edges() -> None:
    edges = np.array([[0, 1], [1, 2]])
    names = ["a$", "b", "c"]
    plain = svg(map_of_points(random_points(3), edges, names)).decode()
    assert r"a$" in plain
    coloured = svg(map_of_points(random_points(3), edges, names, np.array([0.5, np.inf])))
    assert b"given length of an edge" in coloured
    svg(map_of_points(random_points(3, dim=1), None, names))
