import numpy as np
import pytest
import torch

from geoframe import DataError
from geoframe_dreamup3d.generator.collections import shapes_of
from geoframe_dreamup3d.generator.scenes import SceneOptions, generate
from geoframe_dreamup3d.table.inputs import network_input
from geoframe_dreamup3d.table.view import view_of
from geoframe_dreamup3d.votes.backend import VotesBackend
from geoframe_dreamup3d.votes.grouping import group
from geoframe_dreamup3d.votes.network import VotingNetwork
from geoframe_dreamup3d.votes.objective import VotesObjective
from geoframe_dreamup3d.votes.samples import vote_samples


@pytest.fixture(scope="module")
def scenes():
    return generate(shapes_of(["primitives"], count=12), 6, SceneOptions(), seed=1)


def votes_around(centres, n=50, spread=0.006):
    generator = np.random.default_rng(0)
    return np.concatenate([generator.normal(c, spread, (n, 3)) for c in centres])


def test_votes_around_centres_are_grouped():
    centres = [[0, 0, 0.05], [0.09, 0, 0.05], [0, 0.09, 0.03]]
    votes = votes_around(centres)
    found = group(votes, votes)
    assert np.array_equal(found, group(votes, votes))  # nothing drawn at random
    blocks = found.reshape(3, 50)
    assert (blocks == blocks[:, :1]).all()
    assert len(set(blocks[:, 0])) == 3


def test_stray_votes_make_no_object_and_few_votes_none():
    votes = np.concatenate([votes_around([[0, 0, 0]]), [[0.3, 0.3, 0.3]]])
    assert set(group(votes, votes)) == {0}
    assert set(group(votes[:3], votes[:3])) == {-1}
    assert group(np.zeros((0, 3)), np.zeros((0, 3))).shape == (0,)


def test_a_streak_of_votes_is_one_object_and_two_streaks_are_two():
    along = np.linspace(0, 0.2, 120)  # a long object's votes, which miss its middle
    first = np.stack([0.4 * along, 0 * along, 0 * along], 1)
    second = first + np.array([0, 0.03, 0])
    points = np.concatenate([np.stack([along, 0 * along + y, 0 * along], 1) for y in (0, 0.005)])
    found = group(np.concatenate([first, second]), points)
    assert set(found[:120]) == {0}
    assert set(found[120:]) == {1}


def test_thirty_objects_are_told_apart():
    grid = np.stack(np.meshgrid(np.arange(6), np.arange(5)), -1).reshape(-1, 2) * 0.09
    votes = votes_around(np.concatenate([grid, np.full((30, 1), 0.04)], 1), n=200)
    assert len(set(group(votes, votes))) == 30


def test_samples_have_the_middle_of_each_object(scenes):
    samples = vote_samples(scenes)
    view = view_of(scenes, 0)
    seen = network_input(view)
    for j in np.unique(samples.labels[0][samples.labels[0] > 0]):
        points = view.points[scenes.truth.segmentation[0] == j]
        centre = seen.back(samples.centres[0, j - 1].numpy())
        assert np.abs(centre[:2] - (points.min(0) + points.max(0))[:2] / 2).max() < 0.05
        assert 0 < centre[2] < points[:, 2].max()


def test_windows_hold_the_objects(scenes):
    samples = vote_samples(scenes)
    items = torch.arange(len(samples))
    points, rgb, valid, labels, centres = samples.batch(items, 48, torch.zeros(6, 2).long())
    assert points.shape == (6, 48, 48, 3)
    assert rgb.max() <= 1
    assert valid.min() == 1
    assert centres.shape[0] == 6
    assert (labels > 0).sum() > 0.95 * (samples.labels > 0).sum()
    whole = samples.batch(items, 100, torch.zeros(6, 2).long())[3]
    assert torch.equal(whole, samples.labels.long())


def test_the_input_is_turned_to_the_camera(scenes):
    view = view_of(scenes, 2)
    seen = network_input(view)
    assert seen.back(seen.points) == pytest.approx(seen.view.points, abs=1e-6)
    right = seen.turn[:3, :3] @ view.camera[:3, 0]
    assert right[0] > 0.99
    assert abs(right[1]) < 1e-6
    large = generate(shapes_of(["primitives"], count=12), 1, SceneOptions(size=192), seed=1)
    assert network_input(view_of(large, 0)).points.shape[:2] == (64, 64)


def test_a_few_steps_lower_the_loss_and_the_same_seed_repeats_them(scenes):
    def train():
        torch.manual_seed(0)
        objective = VotesObjective(
            VotingNetwork(), vote_samples(scenes), window=48, foreground_weight=5.0
        )
        optimizer = torch.optim.Adam(objective.parameters(), 3e-3)
        losses = []
        for _ in range(12):
            loss = objective(torch.arange(6))["loss"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        return losses, objective

    losses, objective = train()
    assert losses[-1] < 0.6 * losses[0]
    assert losses == train()[0]
    labels = VotesBackend(objective.network).segment(view_of(scenes, 0))
    assert labels.shape == (64, 64)


def test_an_untrained_network_votes_near_the_surface(scenes):
    torch.manual_seed(0)
    points = torch.from_numpy(network_input(view_of(scenes, 0)).points)[None]
    _, votes = VotingNetwork()(points, torch.zeros_like(points), torch.ones(points.shape[:3]))
    assert (votes - points).abs().max() < 0.2


def test_scenes_without_masks_are_one_line(scenes):
    import attrs

    with pytest.raises(DataError, match="no instance masks"):
        vote_samples(attrs.evolve(scenes, truth=None))


def test_exported_networks_give_the_same(tmp_path):
    onnxruntime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnx")
    torch.manual_seed(0)
    backend = VotesBackend(VotingNetwork())
    files = backend.export(tmp_path)
    assert [file.name for file in files] == ["votes.pt2", "votes.onnx"]
    inputs = (torch.rand(1, 64, 64, 3), torch.rand(1, 64, 64, 3), torch.ones(1, 64, 64))
    logits, votes = backend.network(*inputs)
    again = torch.export.load(files[0]).module()(*inputs)
    assert torch.allclose(again[1], votes, atol=1e-5)
    session = onnxruntime.InferenceSession(str(files[1]))
    feed = {n: t.numpy() for n, t in zip(("points", "rgb", "valid"), inputs, strict=True)}
    named = session.run(["logits", "votes"], feed)
    assert np.allclose(named[0], logits.detach(), atol=1e-4)
