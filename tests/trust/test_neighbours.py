"""Files that options of components and verbs of plugins take: damaged, deep, endless."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
import safetensors.torch
import torch

from geoframe import DataError

DEEP = "[" * 100_000
POSE = [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]


def one_line(read, *arguments):
    with pytest.raises(DataError) as caught:
        read(*arguments)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        *(DEEP, "{}", "3", '{"camera_angle_x": 1, "frames": []}'),
        json.dumps({"camera_angle_x": 10**400, "frames": [{"transform_matrix": POSE}]}),
        json.dumps({"camera_angle_x": float("nan"), "frames": [{"transform_matrix": POSE}]}),
        json.dumps({"camera_angle_x": 1, "frames": [{"transform_matrix": np.eye(4).tolist()[:2]}]}),
        json.dumps({"camera_angle_x": 1, "frames": [{"transform_matrix": [[0] * 4] * 4}]}),
        json.dumps(
            {"camera_angle_x": 1, "frames": [{"transform_matrix": [[float("nan")] * 4] * 4}]}
        ),
    ],
)
def test_cameras_that_are_none(tmp_path, text):
    from geoframe_sdi.scenes.cameras import read_transforms

    (tmp_path / "transforms.json").write_text(text)
    one_line(read_transforms, tmp_path / "transforms.json")


@pytest.mark.parametrize(
    "text",
    [
        "v 1 2\n",
        "v nan 0 0\nvt 0 0\nf 1/1 1/1 1/1\n",
        "v 0 0 0\nvt 0\nf 1/1 1/1 1/1\n",
        "v 1 1 1\nvt 0 0\nf 1/1 1/1 1/1\n",
        "v 1e30 0 0\nv -1e30 0 0\nvt 0 0\nf 1/1 2/1 1/1\n",
    ],
)
def test_meshes_that_are_none(tmp_path, text):
    from geoframe_sdi.surface import read_obj

    (tmp_path / "x.obj").write_text(text)
    one_line(read_obj, tmp_path / "x.obj", 10)


@pytest.mark.parametrize("end", ["png", "obj", "stl", "npy", "safetensors"])
def test_a_pipe_is_refused_and_not_waited_for(tmp_path, end):
    from geoframe_asymlora.files.adapter_file import read_safetensors
    from geoframe_cfdm.meshes import load_mesh
    from geoframe_data.scene_files.images import read_colour, read_depth
    from geoframe_dreamup3d.generator.collections import load_meshes

    path = tmp_path / f"pipe.{end}"
    os.mkfifo(path)
    readers = {"png": read_colour, "stl": load_mesh, "obj": load_meshes, "npy": read_depth}
    assert "is a device or a pipe" in one_line(readers.get(end, read_safetensors), path)


@pytest.mark.parametrize(
    "arrays",
    [
        {"x/v": np.zeros((4, 3)), "x/f": np.zeros((1, 3), int)},
        {"x/v": np.zeros((2, 2)), "x/f": np.zeros((1, 3), int)},
        {"x/v": np.eye(4, 3), "x/f": np.full((1, 3), 9)},
        {"x/v": np.full((4, 3), np.nan), "x/f": np.zeros((1, 3), int)},
    ],
)
def test_packs_of_meshes_that_are_none(tmp_path, arrays):
    from geoframe_dreamup3d.generator.collections import load_meshes

    np.savez(tmp_path / "pack.npz", **arrays)
    one_line(load_meshes, tmp_path / "pack.npz")


@pytest.mark.parametrize(
    "config",
    [
        {"lora_alpha": "many"},
        {"alpha_pattern": {"(a+)+": 1}},
        {"alpha_pattern": {".*.*.*.*.*x": 1}},
        {"alpha_pattern": {"(": 1}},
        {"alpha_pattern": [1]},
        {"modules_to_save": 3},
    ],
)
def test_adapters_with_a_hostile_config(tmp_path, config):
    from geoframe_asymlora.files.adapter_file import read_adapter

    factors = {"lora_A": torch.zeros(2, 3), "lora_B": torch.zeros(3, 2)}
    tensors = {f"base_model.model.{'a' * 200}.{name}.weight": t for name, t in factors.items()}
    safetensors.torch.save_file(tensors, tmp_path / "adapter_model.safetensors")
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    one_line(read_adapter, tmp_path)


def test_an_adapter_that_would_be_drawn_larger_than_the_memory(tmp_path):
    from geoframe_asymlora.files.adapter_file import read_adapter

    draw = {"seed": 0, "name": "x", "init": "kaiming"}
    row = {"shape": [10**9, 10**9], "rank": 10**6, "train": "B", "scale": 1, "draw": draw}
    table = {"format": 1, "layers": {"x": {**row, "frozen_sha256": ""}}}
    (tmp_path / "asymlora.json").write_text(json.dumps({**table, "modules": [], "facts": {}}))
    safetensors.torch.save_file({"x": torch.zeros(1)}, tmp_path / "asymlora.safetensors")
    assert "would have more than" in one_line(read_adapter, tmp_path)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("3", "no JSON object"),
        (DEEP, "cannot be read"),
        ('{"_data_files": 3}', "lists no files"),
        ('{"_data_files": [{"filename": "../../x.arrow"}]}', "outside of the folder"),
    ],
)
def test_saved_texts_that_are_none(tmp_path, state, told):
    from geoframe_data.text_folders import read_folder

    (tmp_path / "state.json").write_text(state)
    assert told in one_line(read_folder, tmp_path, lambda path: None)
