import pytest
import torch

from geoframe import RunError, run_method
from geoframe_dreamup3d.reconstruction.model import ReconstructionModel
from geoframe_dreamup3d.reconstruction.options import ReconstructionConfig
from geoframe_dreamup3d.reconstruction.sampler import FAR, NEAR, SceneSampler


@pytest.fixture(scope="module")
def sampler():
    torch.manual_seed(0)
    options = ReconstructionConfig(width=16, layers=2, frequencies=2)
    return SceneSampler(ReconstructionModel(options), side=12)


def test_scenes_are_colours_and_depth(sampler):
    found = sampler.sample(2, generator=torch.Generator().manual_seed(0))
    assert found.shape == (2, *sampler.item_shape)
    assert found[:, :3].min() >= 0
    assert found[:, :3].max() <= 1
    assert ((found[:, 3] > 0.8 * NEAR) & (found[:, 3] < FAR)).all()
    assert sampler.sample(0).shape == (0, 4, 12, 12)


def test_a_stream_does_not_depend_on_how_it_is_cut(sampler):
    whole = sampler.draw(4, seed=3)["items"]
    cut = [sampler.draw(1, seed=3)["items"], sampler.draw(3, seed=3, first=1)["items"]]
    assert torch.equal(whole, torch.cat(cut))
    assert not torch.equal(whole[0], sampler.draw(1, seed=4)["items"][0])


def test_a_wall_in_the_field_is_seen_at_its_distance(sampler):
    from geoframe_dreamup3d.reconstruction import sampler as module

    made = SceneSampler(sampler.model, side=12)
    draw = ReconstructionModel.draw

    def wall(self, points, rays, *rest):
        logits, colours = draw(self, points, rays, *rest)
        logits = torch.full_like(logits, -50.0)
        camera = made._camera()
        away = (points - camera[:3, 3]) @ camera[:3, 2]
        logits[:, 0] = torch.where(away > 0.7, 50.0, -50.0)
        return logits, colours

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.ReconstructionModel, "draw", wall)
        depth = made.sample(1, generator=torch.Generator().manual_seed(0))[0, 3]
    # Opaque at 10 per metre, so seen a decimetre deep.
    assert ((depth > 0.7) & (depth < 0.82)).all()


def test_a_run_without_fields_draws_nothing(tmp_path):
    config = {
        "backend": "classical",
        "data": {"dataset": {"name": "tabletop-generated", "scenes": 4, "kinds": 8}},
        "evaluation": {"pictures": 0},
    }
    run = run_method("dreamup3d", config, path=tmp_path / "r")
    with pytest.raises(RunError, match="no fields"):
        run.method.sampler(run)
