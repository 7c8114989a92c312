"""Conformance of an Embedder."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from geoframe.embedder import Embedder
from geoframe.testing._modules import accelerator, elsewhere, module_checks
from geoframe.testing._report import (
    Check,
    CheckSkipped,
    Report,
    ensure,
    maker,
    no_global_randomness,
    run_checks,
    title,
)

Make = Callable[[], Embedder]


def items_of(embedder: Embedder, n: int, dtype: torch.dtype = torch.float32) -> Tensor:
    """Items that the embedder takes: feature vectors, or identifiers if it looks rows up."""
    generator = torch.Generator().manual_seed(0)
    if embedder.inductive:
        return torch.randn(n, embedder.in_features, generator=generator, dtype=dtype)
    return torch.randint(embedder.in_features, (n,), generator=generator)


def coordinates_have_the_right_shape(make: Make) -> None:
    """``n`` items give ``(n, out_features)`` finite coordinates, for any ``n``."""
    embedder = make().eval()
    for n in (0, 1, 7, embedder.in_features + 3):
        raw = embedder(items_of(embedder, n))
        expected = (n, embedder.out_features)
        ensure(tuple(raw.shape) == expected, f"{n} items give {tuple(raw.shape)}, not {expected}")
        ensure(raw.isfinite().all(), f"{n} items give coordinates that are not finite")


def dtype_is_that_of_the_parameters(make: Make) -> None:
    """A float32 module gives float32, a float64 module float64."""
    for dtype in (torch.float32, torch.float64):
        embedder = make().to(dtype).eval()
        got = embedder(items_of(embedder, 3, dtype)).dtype
        ensure(got == dtype, f"a module of {dtype} gives {got}")


def device_is_kept(make: Make) -> None:
    """Coordinates are on the device of the module and its items."""
    device = accelerator()
    embedder = make().to(device).eval()
    raw = embedder(items_of(embedder, 3).to(device))
    ensure(raw.device == device, f"coordinates are on {raw.device}, not {device}")


def evaluation_is_deterministic(make: Make) -> None:
    """In eval mode equal items give equal coordinates, and no random numbers are drawn."""
    embedder = make().eval()
    items = items_of(embedder, 5)
    kept = items.clone()
    with no_global_randomness("forward in eval mode"):
        first = embedder(items)
    ensure(torch.equal(first, embedder(items)), "the same items give other coordinates")
    ensure(torch.equal(items, kept), "forward changes its argument")


def order_of_items_does_not_matter(make: Make) -> None:
    """In eval mode permuted items give permuted coordinates."""
    embedder = make().double().eval()
    items = items_of(embedder, 7, torch.float64)
    permutation = torch.randperm(7)
    ensure(
        torch.allclose(embedder(items[permutation]), embedder(items)[permutation]),
        "permuting the items changes their coordinates",
    )


def items_do_not_see_each_other(make: Make) -> None:
    """In eval mode an item's coordinates are the same in every batch."""
    embedder = make().double().eval()
    if not embedder.independent:
        raise CheckSkipped("says that items depend on each other")
    items = items_of(embedder, 6, torch.float64)
    together = embedder(items)
    for name, part in (("alone", slice(2, 3)), ("with fewer others", slice(1, 5))):
        ensure(
            torch.allclose(embedder(items[part]), together[part], atol=1e-9),
            f"an item {name} gives other coordinates; if that is meant, set independent = False",
        )


def nothing_is_made_on_the_cpu(make: Make) -> None:
    """Tensors are made where the inputs are; told without a GPU, by the ``meta`` device."""
    embedder = make().to("meta").eval()
    elsewhere(lambda: embedder(items_of(embedder, 3).to("meta")))


def gradient_reaches_all_parameters(make: Make) -> None:
    """Every parameter that is trained gets a finite gradient, and not all of it is zero."""
    embedder = make().train()
    if not any(parameter.requires_grad for parameter in embedder.parameters()):
        raise CheckSkipped("is fitted without gradients")
    items = items_of(embedder, 16)
    if not embedder.inductive:
        items = torch.arange(embedder.in_features)
    raw = embedder(items)
    (raw * torch.randn_like(raw)).sum().backward()
    trained = {n: p for n, p in embedder.named_parameters() if p.requires_grad}
    for name, parameter in trained.items():
        ensure(parameter.grad is not None, f"no gradient reaches '{name}'")
        assert parameter.grad is not None
        ensure(parameter.grad.isfinite().all(), f"the gradient for '{name}' is not finite")
        ensure(parameter.grad.any(), f"the gradient for '{name}' is zero")


def unseen_items_can_be_embedded(make: Make) -> None:
    """An inductive embedder takes feature vectors unlike any that it was trained on."""
    embedder = make()
    if not embedder.inductive:
        raise CheckSkipped("is not inductive")
    embedder.train()
    embedder(items_of(embedder, 16))
    unseen = 10 + items_of(embedder, 4)
    ensure(embedder.eval()(unseen).isfinite().all(), "unseen items have no finite coordinates")


def every_identifier_has_a_row(make: Make) -> None:
    """An embedder that looks rows up knows identifiers 0 to ``in_features - 1``, and no others."""
    embedder = make().eval()
    if embedder.inductive:
        raise CheckSkipped("is inductive")
    embedder(torch.arange(embedder.in_features))
    try:
        embedder(torch.tensor([embedder.in_features]))
    except IndexError:
        return
    ensure(False, f"takes identifier {embedder.in_features} of {embedder.in_features} items")


def _output(embedder: Embedder) -> Tensor:
    raw: Tensor = embedder.eval()(items_of(embedder, 5)).detach()
    return raw


EMBEDDER_CHECKS: tuple[Check, ...] = (
    coordinates_have_the_right_shape,
    dtype_is_that_of_the_parameters,
    device_is_kept,
    nothing_is_made_on_the_cpu,
    evaluation_is_deterministic,
    order_of_items_does_not_matter,
    items_do_not_see_each_other,
    gradient_reaches_all_parameters,
    unseen_items_can_be_embedded,
    every_identifier_has_a_row,
    *module_checks(_output),
)
"""Each takes what builds an embedder."""


def check_embedder(
    embedder: Embedder | Make, *, expected_failures: Mapping[str, str] | None = None
) -> Report:
    """Hold an embedder to the :class:`~geoframe.Embedder` interface.

    Parameters and errors are those of :func:`~geoframe.testing.check_geometry`.
    """
    make = maker(embedder, Embedder)
    return run_checks(
        title(make, Embedder), EMBEDDER_CHECKS, make, expected_failures=expected_failures
    )
