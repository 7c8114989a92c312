"""Weights in the published layout give the published formulas, written out as they stand there."""

import math

import attrs
import torch
from torch import Tensor, nn

from geoframe_cgenn.algebra.blades import blades
from geoframe_cgenn.algebra.form import DiagonalForm
from geoframe_cgenn.metric.learned import FixedMetric
from geoframe_cgenn.models.jets import JetNetwork
from geoframe_cgenn.models.network import CliffordNetwork
from geoframe_cgenn.models.official import load_official, official_names
from geoframe_cgenn.models.particles import particles
from geoframe_cgenn.models.published import HullNetwork, PairNetwork, VolumeNetwork
from geoframe_cgenn.models.shape import Shape

GRADES = torch.tensor([0, 1, 1, 1, 2, 2, 2, 3])


def linear(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """``bmi,nmi->bni`` with a weight ``(out, in, grades)``, or ``(out, in)`` for all grades."""
    weight = state[f"{name}weight"]
    if weight.ndim == 2:
        out = torch.einsum("bmi,nm->bni", x, weight)
    else:
        out = torch.einsum("bmi,nmi->bni", x, weight[..., GRADES])
    if f"{name}bias" in state:
        out[..., :1] += state[f"{name}bias"]
    return out


def squares(x: Tensor) -> Tensor:
    parts = x.square().split([1, 3, 3, 1], dim=-1)
    return torch.stack([part.sum(dim=-1) for part in parts], dim=-1)


def product(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    """SteerableGeometricProductLayer, or the fully connected one for a weight with three axes."""
    right = linear(x, state, f"{name}linear_right.")
    lengths = (squares(right).square() + 1e-16) ** 0.25
    share = torch.sigmoid(state[f"{name}normalization.a"])
    right = right / (share * (lengths - 1) + 1 + 1e-6)[..., GRADES]
    tables, weight = blades(3), state[f"{name}weight"]
    dense = torch.zeros(*weight.shape[:-1], 4, 4, 4, dtype=weight.dtype)
    for number, (i, j, k) in enumerate(tables.paths):
        dense[..., i, j, k] = weight[..., number]
    dense = dense[..., GRADES, :, :][..., GRADES, :][..., GRADES]
    dense = dense * DiagonalForm(torch.ones(3, dtype=weight.dtype)).cayley()
    formula = "bni,nijk,bnk->bnj" if weight.ndim == 2 else "bni,mnijk,bnk->bmj"
    second = torch.einsum(formula, x, dense, right)
    return (linear(x, state, f"{name}linear_left.") + second) / math.sqrt(2)


def silu(x: Tensor, state: dict[str, Tensor], name: str) -> Tensor:
    found = squares(x)
    found = torch.cat([x[..., :1], found[..., 1:]], dim=-1)
    gate = torch.sigmoid(state[f"{name}a"] * found + state[f"{name}b"])
    return gate[..., GRADES] * x


def published_state(shapes: dict[str, tuple[int, ...]]) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return {
        name: torch.randn(*shape, generator=generator, dtype=torch.float64)
        for name, shape in shapes.items()
    }


def of_product(name: str, *channels: int) -> dict[str, tuple[int, ...]]:
    inside, out = channels[0], channels[-1]
    return {
        f"{name}linear_right.weight": (inside, inside, 4),
        f"{name}linear_left.weight": (out, inside, 4),
        f"{name}linear_left.bias": (1, out, 1),
        f"{name}normalization.a": (inside, 4),
        f"{name}weight": (inside, 20) if len(channels) == 1 else (out, inside, 20),
    }


def test_signed_volumes() -> None:
    state = published_state(
        of_product("net.0.", 3, 5)
        | {f"net.{at}.{key}": (1, 5, 4) for at in (1, 2, 3) for key in "ab"}
        | of_product("net.4.", 5, 1)
    )
    model = VolumeNetwork(FixedMetric(torch.eye(3)), channels=5).double()
    load_official(model, state)
    vectors = torch.randn(6, 3, 3, dtype=torch.float64)
    x = nn.functional.pad(vectors, (1, 4))
    x = product(x, state, "net.0.")
    for at in (1, 2, 3):
        x = silu(x, state, f"net.{at}.")
    assert torch.allclose(model(vectors), product(x, state, "net.4.")[:, 0, -1])


def test_convex_hulls() -> None:
    state = published_state(
        {"net.0.weight": (5, 4), "net.0.bias": (1, 5, 1)}
        | of_product("net.1.", 5)
        | of_product("net.2.", 5)
        | {"mlp.0.weight": (5, 5), "mlp.0.bias": (5,), "mlp.2.weight": (1, 5), "mlp.2.bias": (1,)}
    )
    model = HullNetwork(FixedMetric(torch.eye(3)), points=4, channels=5, layers=2).double()
    load_official(model, state)
    points = torch.randn(6, 4, 3, dtype=torch.float64)
    x = linear(nn.functional.pad(points, (1, 4)), state, "net.0.")
    x = product(product(x, state, "net.1."), state, "net.2.").norm(dim=-1)
    x = nn.functional.silu(x @ state["mlp.0.weight"].T + state["mlp.0.bias"])
    expected = (x @ state["mlp.2.weight"].T + state["mlp.2.bias"])[:, 0]
    assert torch.allclose(model(points), expected)


def test_every_layer_has_a_published_name() -> None:
    shape = Shape(scalars=1, vectors=2, channels=4, layers=2, messages="pairs", outputs=0)
    names = official_names(CliffordNetwork(shape, FixedMetric(torch.eye(3))))
    assert names["layers.1.message.blocks.0.product"] == "layers.1.edge_model.layers.0.2"
    assert names["layers.0.update.blocks.1.norm"] == "layers.0.node_model.layers.1.3"
    assert names["projection"] == "projection.0"
    pair = official_names(PairNetwork(FixedMetric(torch.eye(5)), hidden=8))
    assert pair == {
        "embedding": "gp.0",
        "product": "gp.1",
        "readout.0": "mlp.0",
        "readout.2": "mlp.2",
        "readout.4": "mlp.4",
    }


def test_the_network_for_jets_takes_published_names() -> None:
    shape = Shape(network="jets", scalars=2, vectors=1, channels=2, layers=1, of_sets=True)
    model = JetNetwork(attrs.evolve(shape, outputs=2, hidden=4), FixedMetric(torch.eye(4)))
    assert official_names(model) == {
        "embedding": "embedding_x",
        "embedding_scalars": "embedding_h",
        **{
            f"layers.0.{ours}": f"CGLs.0.{theirs}"
            for ours, theirs in (
                *(("message", "phi_x.0"), ("message_norm", "phi_x.1")),
                *((f"message_scalars.{at}", f"phi_h.{at}") for at in (0, 1, 3)),
                *((f"message_gates.{at}", f"psi_x.{at}") for at in (0, 2)),
                *(("update", "theta_x.0"), ("update_norm", "theta_x.1")),
                *((f"update_scalars.{at}", f"theta_h.{at}") for at in (0, 1, 3)),
                *((f"update_gates.{at}", f"chi_x.{at}") for at in (0, 2)),
            )
        },
        "readout.0": "graph_dec.0",
        "readout.3": "graph_dec.3",
    }


def test_the_metric_is_left_as_it_is() -> None:
    model = PairNetwork(FixedMetric(2 * torch.eye(3)), channels=5, hidden=4).double()
    shapes = {"gp.0.weight": (5, 2), "gp.0.bias": (1, 5, 1)} | of_product("gp.1.", 5)
    for at, (out, inside) in ((0, (4, 5)), (2, (4, 4)), (4, (1, 4))):
        shapes |= {f"mlp.{at}.weight": (out, inside), f"mlp.{at}.bias": (out,)}
    load_official(model, published_state(shapes))
    assert torch.allclose(model.metric.matrix(), 2 * torch.eye(3).double(), atol=1e-6)


def test_particles_are_taken() -> None:
    shape = Shape(scalars=0, vectors=3, network="volumes", channels=4)
    from geoframe_cgenn.models.published import PublishedNetwork

    network = PublishedNetwork(shape, FixedMetric(torch.eye(3)))
    assert network(particles(torch.zeros(5, 0), torch.randn(5, 3, 3))).shape == (5, 1)
