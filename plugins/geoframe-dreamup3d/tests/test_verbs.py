import json

import numpy as np
from click.testing import CliRunner
from PIL import Image

from geoframe_data import read_scenes
from geoframe_dreamup3d.verbs import dreamup3d


def test_scenes_are_made_and_taken_apart(tmp_path):
    run = CliRunner().invoke
    made = run(dreamup3d, ["generate", "-n", "2", "-o", str(tmp_path / "s.npz"), "--touching", "0"])
    assert made.exit_code == 0, made.output
    assert len(read_scenes(tmp_path / "s.npz")) == 2
    out = tmp_path / "out"
    done = run(
        dreamup3d, ["scene", str(tmp_path / "s.npz"), "--index", "1", "-o", str(out), "--json"]
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert len(rows) == len(list((out / "objects").glob("*.obj"))) >= 2
    assert rows[0]["confidence"] > 0.8


def test_bop_out_is_read_again(tmp_path):
    run = CliRunner().invoke
    made = run(dreamup3d, ["generate", "-n", "2", "-o", str(tmp_path / "000001"), "--noise"])
    assert made.exit_code == 0, made.output
    scenes = read_scenes(tmp_path / "000001")
    assert (scenes.depth == 0).any()
    assert scenes.truth.segmentation.max() >= 2


def test_a_pair_of_pngs_without_extrinsics(tmp_path):
    run = CliRunner().invoke
    run(dreamup3d, ["generate", "-n", "1", "-o", str(tmp_path / "s.npz"), "--touching", "0"])
    scenes = read_scenes(tmp_path / "s.npz")
    Image.fromarray(scenes.rgb[0]).save(tmp_path / "t_color.png")
    millimetres = np.round(scenes.depth[0] * 1000).astype(np.uint16)
    Image.fromarray(millimetres).save(tmp_path / "t_depth.png")
    f = scenes.intrinsics[0, 0]
    (tmp_path / "camera_info.yaml").write_text(
        f"width: 64\nheight: 64\nK: [{f}, 0, 31.5, 0, {f}, 31.5, 0, 0, 1]\n"
    )
    done = run(dreamup3d, ["scene", str(tmp_path / "t_color.png"), "-o", str(tmp_path / "o")])
    assert done.exit_code == 0, done.output
    assert "objects in" in done.stderr


def test_an_index_beyond_the_images_is_one_line(tmp_path):
    run = CliRunner().invoke
    run(dreamup3d, ["generate", "-n", "1", "-o", str(tmp_path / "s.npz")])
    done = run(dreamup3d, ["scene", str(tmp_path / "s.npz"), "--index", "5", "-o", str(tmp_path)])
    assert "has 1 images" in str(done.exception)


def test_objects_of_two_images_are_assigned_to_each_other(tmp_path):
    run = CliRunner().invoke
    run(dreamup3d, ["generate", "-n", "1", "-o", str(tmp_path / "s.npz"), "--touching", "0"])
    path = str(tmp_path / "s.npz")
    done = run(dreamup3d, ["match", path, path, "--json"])
    assert done.exit_code == 0, done.output
    pairs = json.loads(done.stdout)
    assert len(pairs) >= 2
    assert all(pair["first"] == pair["second"] and pair["distance"] < 1e-9 for pair in pairs)
