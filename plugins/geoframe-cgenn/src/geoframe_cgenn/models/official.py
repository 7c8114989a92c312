"""Checkpoints of the published CGENN code in the layout of this plugin's networks.

The weights map one to one; only axes are permuted. The checkpoints come from
``DavidRuhe/clifford-group-equivariant-neural-networks``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor, nn

from geoframe_cgenn.layers.activation import MVSiLU
from geoframe_cgenn.layers.linear import MVLinear
from geoframe_cgenn.layers.normalization import GradeNormalization, MVLayerNorm
from geoframe_cgenn.layers.products import FullyConnectedProduct, GeometricProduct
from geoframe_cgenn.metric.learned import Metric

PRODUCTS = (FullyConnectedProduct, GeometricProduct)
PARTS = {"linear": "0", "activation": "1", "product": "2", "norm": "3"}
"""Our name of a part of a block -> its number in the published block."""
NAMES = (
    (r"^layers\.(\d+)\.message\.blocks\.(\d+)\.(\w+)", "layers.{0}.edge_model.layers.{1}.{part}"),
    (r"^layers\.(\d+)\.update\.blocks\.(\d+)\.(\w+)", "layers.{0}.node_model.layers.{1}.{part}"),
    (r"^projection$", "projection.0"),
)
"""Paths of the modules of the network for particles, and where they are published."""
JETS = {
    "embedding": "embedding_x",
    "embedding_scalars": "embedding_h",
    "message": "phi_x.0",
    "message_norm": "phi_x.1",
    "message_scalars": "phi_h",
    "message_gates": "psi_x",
    "update": "theta_x.0",
    "update_norm": "theta_x.1",
    "update_scalars": "theta_h",
    "update_gates": "chi_x",
    "readout": "graph_dec",
    "layers": "CGLs",
}
"""Our name of a part of the network for jets -> the published name."""


def official_names(model: nn.Module) -> dict[str, str]:
    """Our path of every layer with parameters -> its path in the published network.

    Parameters
    ----------
    model
        The network for particles or for jets, or one of
        :mod:`geoframe_cgenn.models.published`.
    """
    kind = type(model).__name__
    modules = dict(model.named_modules())
    # The parts of a product layer go with it.
    whole = tuple(f"{path}." for path, module in modules.items() if isinstance(module, PRODUCTS))
    layers = (MVLinear, MVSiLU, MVLayerNorm, nn.BatchNorm1d, nn.Linear, *PRODUCTS)
    return {
        path: _official_path(path, kind, model)
        for path, module in modules.items()
        if isinstance(module, layers) and not path.startswith(whole)
    }


def _official_path(path: str, kind: str, model: nn.Module) -> str:
    """Path of one layer in the published network of a kind."""
    if kind == "VolumeNetwork":
        activations = len(list(model.get_submodule("activations").children()))
        fixed = {"first": "net.0", "last": f"net.{activations + 1}"}
        head, _, number = path.partition(".")
        return fixed.get(head) or f"net.{int(number) + 1}"
    if kind in ("HullNetwork", "PairNetwork"):
        body = "net" if kind == "HullNetwork" else "gp"
        head, _, rest = path.partition(".")
        if head == "readout":
            return f"mlp.{rest}"
        place = 0 if head == "embedding" else int(rest.partition(".")[0] or 0) + 1
        return f"{body}.{place}"
    if kind == "JetNetwork":
        return ".".join(JETS.get(part, part) for part in path.split("."))
    for pattern, target in NAMES:
        if (found := re.match(pattern, path)) is not None:
            groups = found.groups()
            return target.format(*groups, part=PARTS[groups[2]] if len(groups) > 2 else "")
    return path


def load_official(model: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the weights of a published checkpoint into a network of the same sizes.

    Parameters
    ----------
    state
        State dict of the published network; buffers of its algebra are passed over.

    Raises
    ------
    KeyError
        If a weight is missing.
    RuntimeError
        If a weight has another shape.
    """
    found: dict[str, Tensor] = {}
    for path, name in official_names(model).items():
        found |= _layer(model.get_submodule(path), f"{path}.", state, f"{name}.")
    kept = {
        name
        for path, module in model.named_modules()
        if isinstance(module, Metric)
        for name in (f"{path}.{key}" for key in module.state_dict())
    }
    own = {name: value for name, value in model.state_dict().items() if name in kept}
    model.load_state_dict({**own, **found})


def _layer(
    layer: nn.Module, path: str, state: Mapping[str, Tensor], name: str
) -> dict[str, Tensor]:
    """Weights of one layer in our layout."""
    if isinstance(layer, (nn.BatchNorm1d, nn.Linear)):
        return {f"{path}{key}": state[f"{name}{key}"] for key in layer.state_dict()}
    if isinstance(layer, MVLinear):
        weight = state[f"{name}weight"]
        weight = weight.permute(2, 1, 0) if weight.ndim == 3 else weight.T.unsqueeze(0)
        found = {f"{path}weight": weight}
        if layer.bias is not None:
            found[f"{path}bias"] = state[f"{name}bias"].flatten()
        return found
    if isinstance(layer, MVSiLU):
        pairs = (("slope", "a"), ("offset", "b"))
        return {f"{path}{own}": state[f"{name}{other}"].squeeze(0).T for own, other in pairs}
    if isinstance(layer, MVLayerNorm):
        return {f"{path}factor": state[f"{name}a"].flatten()}
    if isinstance(layer, GradeNormalization):
        return {f"{path}share": state[f"{name}a"].T}
    assert isinstance(layer, PRODUCTS)
    weight = state[f"{name}weight"]
    found = {f"{path}weight": weight.permute(*reversed(range(weight.ndim)))}
    found |= _layer(layer.right, f"{path}right.", state, f"{name}linear_right.")
    found |= _layer(layer.left, f"{path}left.", state, f"{name}linear_left.")
    if layer.normalization is not None:
        found |= _layer(
            layer.normalization, f"{path}normalization.", state, f"{name}normalization."
        )
    return found
