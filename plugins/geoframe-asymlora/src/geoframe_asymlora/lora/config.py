"""Options of the asymmetric LoRA adapter. Torch-free."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Literal

import attrs

from geoframe.config.fields import option

Train = Literal["B", "A", "both", "auto"]
Init = Literal["orthonormal", "kaiming", "gaussian", "singular", "minor", "pca"]


@attrs.frozen(kw_only=True)
class AsymmetricLoRAConfig:
    """Low-rank adapters y = W x + s B A x of which B, A or both are trained."""

    component: ClassVar[str] = "geoframe_asymlora.lora.adapter:AsymmetricLoRA"

    train: Train = option(
        "B",
        help="The trained factor: B (outputs; the paper's choice), A (inputs), both (LoRA), or "
        "auto: B or A for each layer, by its inputs and its gradient on some batches.",
    )
    rank: int = option(8, ge=1, help="Rank r of the update.")
    ranks: Mapping[str, int] = option(
        {}, help="Other ranks by layer: end of its name (a regular expression) = rank."
    )
    alpha: float | None = option(
        None, gt=0, help="The update is scaled by alpha / rank; left out, twice the rank."
    )
    rank_stabilized: bool = option(False, help="Scale by alpha / sqrt(rank) instead (rsLoRA).")
    targets: tuple[str, ...] = option(
        ("all-linear",),
        help="Adapted layers: all-linear (all but the output layer), or ends of layer names as "
        "regular expressions, e.g. ['query', 'key', 'value']; experts that are one parameter by "
        "name, e.g. ['all-linear', 'experts'].",
    )
    init: Init = option(
        "orthonormal",
        help="Start of the factor that is not zero: orthonormal (uniform on the Stiefel manifold), "
        "kaiming, gaussian, singular or minor (first or last singular vectors of W), or pca "
        "(A only: principal directions of the layer's inputs).",
    )
    zero: Literal["auto", "A", "B"] = option(
        "auto",
        help="The factor that starts at zero, so that training starts at the pretrained model; "
        "auto: the trained one, B if both are.",
    )
    row_norm: float | None = option(
        None,
        gt=0,
        help="Norm of every row of A (column of B) that does not start at zero; left out, what "
        "the start gives: 1 if orthonormal, about 0.58 if kaiming.",
    )
    pca: Literal["matched", "whitened", "orthonormal"] = option(
        "matched",
        help="Scale of principal directions: matched and whitened give A x the mean square that a "
        "random orthonormal A gives, as it comes or equal in all directions.",
    )
    share_a: bool = option(
        False, help="One frozen A for the query, key and value that see the same input."
    )
    dropout: float = option(0.0, ge=0, lt=1, help="Dropout of the adapters' input in training.")
    trained: tuple[str, ...] = option(
        (),
        help="Modules to train in full and keep with the adapter, besides the output layer of a "
        "classifier: ends of their names as regular expressions.",
    )
    seed: int | None = option(
        None, ge=0, lt=2**63, help="Seed of the random factor; left out, the run's."
    )
