import pytest
import torch

from geoframe_ames.fusion.attention import Kind, SemanticAttention, attention

KINDS: list[Kind] = ["semantic", "global", "node", "mean", "hard"]


def outputs(branches: int = 3, n: int = 20, d: int = 6) -> torch.Tensor:
    return torch.randn(branches, n, d, generator=torch.Generator().manual_seed(0))


@pytest.mark.parametrize("kind", KINDS)
def test_weights_sum_to_one_and_a_branch_left_out_has_none(kind: Kind) -> None:
    torch.manual_seed(0)
    fuse = attention(kind, 3, 6, 4)
    merged, alpha = fuse(outputs())
    assert merged.shape == (20, 6)
    assert torch.isclose(alpha.sum(), torch.tensor(1.0))
    _, without = fuse(outputs(), on=torch.tensor([1.0, 0.0, 1.0]))
    assert without[1] == 0
    assert torch.isclose(without.sum(), torch.tensor(1.0))


@pytest.mark.parametrize("kind", KINDS)
def test_the_scale_of_a_branch_does_not_count(kind: Kind) -> None:
    torch.manual_seed(0)
    fuse = attention(kind, 3, 6, 4).eval()
    scaled = outputs() * torch.tensor([1.0, 100.0, 1.0]).view(3, 1, 1)
    assert torch.allclose(fuse(outputs())[0], fuse(scaled)[0], atol=1e-4)


def test_semantic_weights_are_the_softmax_of_mean_scores() -> None:
    torch.manual_seed(0)
    fuse = SemanticAttention(3, 6, 4)
    normal = torch.nn.functional.layer_norm(outputs(), (6,))
    scores = (torch.tanh(fuse.inner(normal)) @ fuse.query).mean(dim=1)
    assert torch.allclose(fuse(outputs())[1], torch.softmax(scores, 0), atol=1e-6)


def test_it_starts_near_uniform_and_the_warm_up_is() -> None:
    torch.manual_seed(0)
    fuse = SemanticAttention(3, 6, 4)
    assert (fuse(outputs())[1] - 1 / 3).abs().max() < 0.1
    assert torch.allclose(fuse(outputs(), uniform=True)[1], torch.full((3,), 1 / 3))


def test_a_hard_choice_has_a_gradient() -> None:
    torch.manual_seed(0)
    fuse = attention("hard", 3, 6, 4).train()
    merged, alpha = fuse(outputs())
    assert sorted(alpha.tolist()) == [0.0, 0.0, 1.0]
    merged.square().sum().backward()
    assert fuse.theta.grad is not None  # type: ignore[union-attr]
