"""Canonical correlations of factors, and the report on files."""

import math

import pytest
import safetensors.torch
import torch
from adapted import attached, moved
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from tiny import bert

import geoframe
from geoframe import ConfigError, DataError
from geoframe_asymlora.files.adapter_file import read_adapter
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.study.similarity import (
    compare_adapters,
    random_similarity,
    span,
    subspace_similarity,
)
from geoframe_asymlora.verbs import asymlora


def normal(*shape, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


@given(d=st.integers(4, 30), r=st.integers(1, 4), seed=st.integers(0, 10**6))
@settings(max_examples=30)
def test_similarity_sees_the_space_only(d, r, seed):
    b, mixing = normal(d, r, seed=seed), normal(r, r, seed=seed + 1) + 3 * torch.eye(r)
    assert subspace_similarity(span(b), span(b @ mixing)) == pytest.approx(1)
    other = span(normal(d, r, seed=seed + 2))
    value = subspace_similarity(span(b), other)
    assert -1e-9 <= value <= 1 + 1e-9
    assert value == pytest.approx(subspace_similarity(other, span(b)))


def test_known_similarities():
    unit = torch.eye(6, dtype=torch.float64)
    assert subspace_similarity(unit[:, :2], unit[:, 2:4]) == 0
    assert subspace_similarity(unit[:, :2], unit[:, 1:3]) == pytest.approx(0.5)
    assert subspace_similarity(unit[:, :1], unit[:, :4]) == pytest.approx(1)
    assert math.isnan(subspace_similarity(unit[:, :0], unit[:, :2]))
    assert span(torch.zeros(5, 2)).shape == (5, 0)
    assert span(torch.ones(5, 2)).shape == (5, 1)


@pytest.mark.parametrize(("first", "second"), [(8, 8), (2, 8)])
def test_the_random_base_line_is_the_mean_of_random_spaces(first, second):
    values = [
        subspace_similarity(span(normal(40, first, seed=k)), span(normal(40, second, seed=-k - 1)))
        for k in range(400)
    ]
    expected = random_similarity(40, first, second)
    assert sum(values) / len(values) == pytest.approx(expected, rel=0.05)


def test_adapters_with_the_same_start_have_the_same_a():
    same = [attached(seed=1).stored(), attached(seed=1).stored(), attached(seed=2).stored()]
    found = compare_adapters(same)
    assert found.mean("A")[0, 1] == pytest.approx(1)
    assert found.mean("A")[0, 2] < 0.5
    untrained = AsymmetricLoRA(rank=3, seed=1)
    untrained.attach(bert())
    assert compare_adapters([same[0], untrained.stored()]).mean("B")[0, 1].isnan()


@pytest.fixture
def files(tmp_path):
    """Return a compact folder, a peft folder, and a file of another trainer, of the same model."""
    attached(seed=1).save(tmp_path / "compact")
    attached(seed=2, train="both", init="kaiming").export(tmp_path / "peft")
    tensors = safetensors.torch.load_file(tmp_path / "peft" / "adapter_model.safetensors")
    renamed = {
        name.replace("base_model.model.", "")
        .replace("lora_A.weight", "lora_down.weight")
        .replace("lora_B.weight", "lora_up.weight"): tensor.clone()
        for name, tensor in tensors.items()
    }
    safetensors.torch.save_file(renamed, tmp_path / "foreign.safetensors")
    return [tmp_path / "compact", tmp_path / "peft", tmp_path / "foreign.safetensors"]


def test_any_lora_files_are_compared(files, tmp_path):
    done = CliRunner().invoke(
        asymlora, ["similarity", *map(str, files), "--run-dir", str(tmp_path / "report")]
    )
    assert done.exit_code == 0, done.output
    assert "foreign.safetensors" in done.output
    run = geoframe.open_run(tmp_path / "report")
    pairs = {(row["first"], row["second"]): row for row in run.results["tables"]["pairs"]}
    assert pairs["peft", "foreign.safetensors"]["A"] == pytest.approx(1)
    assert pairs["compact", "peft"]["A"] < 0.7
    assert {path.stem for path in run.path.glob("figures/*.svg")} == {"heat-maps", "layers"}
    assert run.load().a.shape == (len(run.results["tables"]["layers"]), 3, 3)


def test_the_scale_of_a_foreign_file_is_its_alpha_over_rank(files, tmp_path):
    tensors = safetensors.torch.load_file(files[2])
    name = next(key for key in tensors if "lora_down" in key).removesuffix(".lora_down.weight")
    tensors[f"{name}.alpha"] = torch.tensor(12.0)
    safetensors.torch.save_file(tensors, tmp_path / "scaled.safetensors")
    scales = {name: layer.scale for name, layer in read_adapter(files[2]).layers.items()}
    assert set(scales.values()) == {1.0}
    scaled = {
        n: each.scale for n, each in read_adapter(tmp_path / "scaled.safetensors").layers.items()
    }
    assert scaled == {**scales, name: 4.0}


def test_files_that_cannot_be_compared_are_one_line(files, tmp_path):
    safetensors.torch.save_file({"x": torch.zeros(2)}, tmp_path / "none.safetensors")
    with pytest.raises(DataError, match="no pairs of LoRA factors"):
        read_adapter(tmp_path / "none.safetensors")
    (tmp_path / "broken.safetensors").write_bytes(b"no safetensors")
    with pytest.raises(DataError, match="is no readable safetensors file"):
        read_adapter(tmp_path / "broken.safetensors")
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "adapter_model.bin").write_bytes(b"pickle")
    with pytest.raises(DataError, match="holds a pickled adapter"):
        read_adapter(tmp_path / "pickled")
    other = AsymmetricLoRA(rank=3, seed=1)
    moved(other.attach(bert(hidden_size=12, intermediate_size=12)))
    with pytest.raises(DataError, match="no layers of the same names and widths"):
        compare_adapters([read_adapter(files[0]), other.stored()])
    with pytest.raises(ConfigError, match="name at least two"):
        geoframe.run_method("lora-similarity", {"adapters": [str(files[0])]}, path=tmp_path / "r")
