"""Starting factors: their laws, their reproducibility, and what is refused."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from geoframe import ConfigError
from geoframe_asymlora.lora.adapter import AsymmetricLoRA
from geoframe_asymlora.lora.factors import Draw, fingerprint, orthonormal_rows, singular_rows
from geoframe_asymlora.lora.freezing import lora_layers

seeds = st.integers(0, 2**63 - 1)


@given(seed=seeds, rank=st.integers(1, 8), extra=st.integers(0, 40))
def test_orthonormal_factors_are_orthonormal(seed, rank, extra):
    width = rank + extra
    draw = Draw(seed=seed, name="layer", init="orthonormal")
    a, b = draw.make("A", rank, width), draw.make("B", rank, width)
    assert a.shape == (rank, width)
    assert torch.allclose(a @ a.T, torch.eye(rank), atol=1e-5)
    assert torch.equal(b, a.T)


def test_orthonormal_rows_are_uniform_on_the_sphere():
    # The first row of a uniform frame is uniform on the sphere: an entry has mean 0, variance 1/d
    # and, of its square, the law Beta(1/2, (d-1)/2) with mean fourth power 3 / (d (d + 2)).
    stream = np.random.RandomState(0)
    entries = np.concatenate([orthonormal_rows(stream, 2, 5)[0] for _ in range(4000)])
    assert abs(entries.mean()) < 0.01
    assert (entries**2).mean() == pytest.approx(1 / 5)
    assert (entries**4).mean() == pytest.approx(3 / 35, rel=0.03)
    # Without the sign step the diagonal of R is of one sign, and the first entry is biased.
    firsts = np.array([orthonormal_rows(stream, 2, 5)[0, 0] for _ in range(4000)])
    assert abs((firsts > 0).mean() - 0.5) < 0.03


def test_other_starts_have_their_norms():
    a = Draw(seed=1, name="x", init="kaiming").make("A", 8, 4096)
    assert a.norm(dim=1).mean() == pytest.approx(1 / math.sqrt(3), rel=0.01)
    assert a.abs().max() <= 1 / math.sqrt(4096)
    b = Draw(seed=1, name="x", init="kaiming").make("B", 8, 4096)
    assert b.abs().max() <= 1 / math.sqrt(8)
    gauss = Draw(seed=1, name="x", init="gaussian").make("A", 8, 4096)
    assert gauss.norm(dim=1).mean() == pytest.approx(1.0, rel=0.02)
    fixed = Draw(seed=1, name="x", init="kaiming", norm=2.5).make("A", 8, 64)
    assert torch.allclose(fixed.norm(dim=1), torch.full((8,), 2.5))


def test_a_draw_is_the_same_for_ever():
    # If this fails, compact files that exist can no longer be read.
    a = Draw(seed=2**40 + 7, name="encoder.layer.0.query", init="orthonormal").make("A", 4, 32)
    assert fingerprint(a) == FROZEN


FROZEN = "99ec35a952389162ce265b9e19b815a42bb4622446401e18f51410af9d2859cb"


def test_a_draw_depends_on_seed_and_name_only():
    first = Draw(seed=1, name="a", init="orthonormal").make("A", 4, 16)
    assert not torch.equal(first, Draw(seed=1, name="b", init="orthonormal").make("A", 4, 16))
    assert not torch.equal(first, Draw(seed=2, name="a", init="orthonormal").make("A", 4, 16))
    before = np.random.get_state()[1].copy()
    assert torch.equal(first, Draw(seed=1, name="a", init="orthonormal").make("A", 4, 16))
    assert np.array_equal(before, np.random.get_state()[1])


def test_singular_rows_are_singular_vectors():
    torch.manual_seed(0)
    weight = torch.randn(10, 6)
    u, s, vh = np.linalg.svd(weight.double().numpy(), full_matrices=False)
    first = singular_rows(weight, "A", 2, last=False).numpy()
    assert np.allclose(np.abs(first @ vh[:2].T), np.eye(2), atol=1e-6)
    last = singular_rows(weight, "B", 2, last=True).numpy()
    assert np.allclose(np.abs(last @ u[:, -2:]), np.eye(2), atol=1e-6)
    # As A they see what the weight amplifies most.
    assert np.allclose(np.linalg.norm(weight.numpy() @ first.T, axis=0), s[:2], atol=1e-4)


def test_adapted_layers_start_with_what_was_asked_for():
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(12, 10), nn.Tanh(), nn.Linear(10, 9))
    weight = model[0].weight.detach().clone()
    adapted = AsymmetricLoRA(rank=3, init="singular", row_norm=2.0).attach(model)
    a = lora_layers(adapted)["0"].lora_A["default"].weight
    vh = torch.linalg.svd(weight)[2][:3]
    assert torch.allclose((a @ vh.T).abs(), 2 * torch.eye(3), atol=1e-5)
    assert not lora_layers(adapted)["0"].lora_B["default"].weight.any()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"train": "B", "zero": "A"}, "'A' starts at zero and would be frozen"),
        ({"train": "A", "zero": "B"}, "'B' starts at zero and would be frozen"),
        ({"train": "A", "init": "pca"}, "'pca' is a start of A"),
        ({"train": "A", "share_a": True}, "only a frozen A can be shared"),
    ],
)
def test_contradictions_are_refused(options, message):
    with pytest.raises(ConfigError, match=message):
        AsymmetricLoRA(**options)


def test_too_high_a_rank_is_refused():
    with pytest.raises(ConfigError, match="9 is more than the width 8 of layer '0'"):
        AsymmetricLoRA(rank=9).attach(nn.Sequential(nn.Linear(8, 20)))


def test_data_are_asked_for():
    with pytest.raises(ConfigError, match="init = 'pca' looks at data"):
        AsymmetricLoRA(rank=2, init="pca").attach(nn.Sequential(nn.Linear(8, 20)))
