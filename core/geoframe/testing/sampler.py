"""Conformance of a Sampler."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from geoframe.sampler import Sampler
from geoframe.testing._report import (
    Check,
    Report,
    ensure,
    maker,
    no_global_randomness,
    run_checks,
    title,
)

Make = Callable[[], Sampler]


def example_items(sampler: type) -> Tensor:
    """Items to fit a sampler to.

    They are what the static method ``example_items`` of the sampler's class returns; without
    one, 64 vectors of 4 normal numbers.
    """
    if own := getattr(sampler, "example_items", None):
        items: Tensor = own()
        return items
    return torch.randn(64, 4, generator=torch.Generator().manual_seed(0))


def fit_returns_the_sampler(make: Make, items: Tensor) -> None:
    """``fit`` returns the sampler itself, leaves the items alone and learns their shape."""
    sampler, kept = make(), items.clone()
    ensure(sampler.fit(items) is sampler, "fit does not return the sampler itself")
    ensure(torch.equal(items, kept), "fit changes its argument")
    got, expected = sampler.item_shape, tuple(items.shape[1:])
    ensure(got == expected, f"item_shape is {got} after fitting items of shape {expected}")


def samples_have_the_shape_of_items(make: Make, items: Tensor) -> None:
    """``sample(n)`` gives ``(n, *item_shape)`` finite numbers of the items' dtype."""
    sampler = make().fit(items)
    for n in (0, 1, 5):
        drawn = sampler.sample(n, generator=_generator(0))
        expected = (n, *items.shape[1:])
        ensure(tuple(drawn.shape) == expected, f"sample({n}) gives {tuple(drawn.shape)}")
        ensure(drawn.dtype == items.dtype, f"{items.dtype} items give {drawn.dtype} samples")
        ensure(drawn.isfinite().all(), f"sample({n}) gives numbers that are not finite")
    ensure(sampler.sample(2).shape[0] == 2, "sample without a generator fails")


def samples_are_deterministic(make: Make, items: Tensor) -> None:
    """The same generator seed gives the same samples, another one gives others."""
    sampler = make().fit(items)
    first, again = (sampler.sample(4, generator=_generator(3)) for _ in range(2))
    ensure(torch.equal(first, again), "the same seed gives other samples")
    other = sampler.sample(4, generator=_generator(4))
    ensure(not torch.equal(first, other), "another seed gives the same samples")


def fitting_is_deterministic(make: Make, items: Tensor) -> None:
    """Two samplers that are built and fitted from the same seed draw the same samples."""
    drawn = []
    for _ in range(2):
        torch.manual_seed(5)
        drawn.append(make().fit(items).sample(4, generator=_generator(3)))
    ensure(torch.equal(*drawn), "two fits from the same seed draw other samples")


def sampling_draws_from_its_generator_only(make: Make, items: Tensor) -> None:
    """With a generator, sampling leaves the global ones alone."""
    sampler = make().fit(items)
    with no_global_randomness("sample with a generator"):
        sampler.sample(3, generator=_generator(0))


def sampling_leaves_the_sampler_as_it_was(make: Make, items: Tensor) -> None:
    """Sampling changes no state, and a deep copy draws the same samples."""
    sampler = make().fit(items)
    before = {name: value.clone() for name, value in sampler.state_dict().items()}
    drawn = sampler.sample(3, generator=_generator(0))
    for name, value in sampler.state_dict().items():
        ensure(torch.equal(value, before[name]), f"sampling changes '{name}'")
    twin = copy.deepcopy(sampler).sample(3, generator=_generator(0))
    ensure(torch.equal(twin, drawn), "a copy draws other samples")


def a_stream_is_drawn_from_its_seed_and_place(make: Make, items: Tensor) -> None:
    """``draw`` gives the same items for the same seed and place, others for another of either."""
    sampler = make().fit(items)
    with no_global_randomness("draw"):
        first = sampler.draw(4, seed=3)["items"]
    ensure(tuple(first.shape) == (4, *items.shape[1:]), f"draw(4) gives {tuple(first.shape)}")
    ensure(torch.equal(first, sampler.draw(4, seed=3)["items"]), "the same seed draws other items")
    for name, other in (
        ("another seed", sampler.draw(4, seed=4)["items"]),
        ("another place in the stream", sampler.draw(4, seed=3, first=4)["items"]),
    ):
        ensure(not torch.equal(first, other), f"{name} draws the same items")


def the_fitted_state_can_be_kept(make: Make, items: Tensor) -> None:
    """A sampler that takes up ``fitted()`` draws to the bit what the fitted one draws."""
    sampler = make().fit(items)
    kept = {name: value.clone() for name, value in sampler.fitted().items()}
    restored = make().restore(kept)
    ensure(
        restored.item_shape == sampler.item_shape,
        f"item_shape is {restored.item_shape} after restoring, not {sampler.item_shape}",
    )
    ensure(
        torch.equal(sampler.draw(4, seed=3)["items"], restored.draw(4, seed=3)["items"]),
        "fitted() does not hold all that fit learned: the restored sampler draws other items",
    )


def _generator(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


SAMPLER_CHECKS: tuple[Check, ...] = (
    fit_returns_the_sampler,
    samples_have_the_shape_of_items,
    samples_are_deterministic,
    fitting_is_deterministic,
    sampling_draws_from_its_generator_only,
    sampling_leaves_the_sampler_as_it_was,
    a_stream_is_drawn_from_its_seed_and_place,
    the_fitted_state_can_be_kept,
)
"""Each takes what builds a sampler, and items to fit it to."""


def check_sampler(
    sampler: Sampler | Make,
    items: Tensor | None = None,
    *,
    expected_failures: Mapping[str, str] | None = None,
) -> Report:
    """Hold a sampler to the :class:`~geoframe.Sampler` interface.

    Other parameters, and errors, are those of :func:`~geoframe.testing.check_geometry`.

    Parameters
    ----------
    items
        What to fit it to ``(n, *item_shape)``; by default :func:`example_items` of its class.
    """
    make = maker(sampler, Sampler)
    if items is None:
        items = example_items(type(make()))
    return run_checks(
        title(make, Sampler), SAMPLER_CHECKS, make, items, expected_failures=expected_failures
    )
