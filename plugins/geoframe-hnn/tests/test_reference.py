"""Numbers of an independent prototype, which every cell of a table must repeat."""

import pytest
from hnn_trees import all_pairs, complete, needs_data, pairs_of, stored, worst_distortion

from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.reference import DRAWN, SCALES

SMALL = {
    "binary, depth 8": lambda: complete(2, 8),
    "ternary, depth 5": lambda: complete(3, 5),
    "smalltree": lambda: stored("smalltree"),
    "mosses": lambda: stored("phylo_mosses_hofbauer2016"),
    "pythonidae": lambda: stored("pythonidae"),
}
"""Trees of which all pairs are looked at, so that the worst one is no matter of chance."""


@needs_data
@pytest.mark.parametrize("name", SMALL)
def test_the_worst_pair_at_every_scale_to_three_digits(name):
    tree = SMALL[name]()
    u, v = all_pairs(tree)
    for scale, value in zip(DRAWN, SCALES[name][1], strict=False):
        embedded = embed_tree(tree, scale=scale, angles="equal")
        found = worst_distortion(embedded, pairs_of(tree, u, v))
        digits = 3 if value > 2 else 4  # as many as the prototype printed
        assert f"{found:.{digits}g}" == f"{value:g}", scale


@needs_data
@pytest.mark.parametrize("scale", [10.0, 20.0, 50.0, 100.0, 400.0])
def test_a_large_tree_is_certified_at_what_was_found(scale):
    value = SCALES["tree-20-3"][1][DRAWN.index(scale)]
    bound = embed_tree(stored("tree-20-3"), scale=scale, angles="equal").certificate()
    assert f"{bound:.4g}" == f"{value:g}"
