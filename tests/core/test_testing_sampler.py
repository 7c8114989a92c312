"""The kit catches broken samplers, each by the check of the right name."""

import pytest
import torch

from geoframe import Sampler
from geoframe.testing import SAMPLER_CHECKS, check_sampler


class Normal(Sampler):
    """Independent normal numbers with the items' mean and deviation."""

    def __init__(self):
        super().__init__()
        self.register_buffer("mean", torch.zeros(0))
        self.register_buffer("deviation", torch.zeros(0))

    @property
    def item_shape(self):
        return tuple(self.mean.shape)

    def fit(self, data):
        self.mean, self.deviation = data.mean(0), data.std(0)
        return self

    def sample(self, n, *, generator=None):
        noise = torch.randn(n, *self.item_shape, generator=generator, dtype=self.mean.dtype)
        return self.mean + self.deviation * noise


class FitReturnsNothing(Normal):
    def fit(self, data):
        super().fit(data)


class FitCentres(Normal):
    def fit(self, data):
        data -= data.mean(0)
        return super().fit(data)


class Flat(Normal):
    def sample(self, n, *, generator=None):
        return super().sample(n, generator=generator).flatten()


class Double(Normal):
    def sample(self, n, *, generator=None):
        return super().sample(n, generator=generator).double()


class GlobalNoise(Normal):
    def sample(self, n, *, generator=None):
        return super().sample(n)


class Constant(Normal):
    def sample(self, n, *, generator=None):
        return self.mean.expand(n, *self.item_shape)


class RandomFit(Normal):
    def fit(self, data):
        chosen = torch.randint(
            len(data), (8,), generator=torch.Generator().manual_seed(self.salt())
        )
        return super().fit(data[chosen])

    def salt(self):
        return int.from_bytes(__import__("os").urandom(4), "little")


class Remembers(Normal):
    def sample(self, n, *, generator=None):
        drawn = super().sample(n, generator=generator)
        self.mean = self.mean + 1
        return drawn


class OneStream(Normal):
    def draw(self, n, *, seed, first=0):
        return super().draw(n, seed=seed)


class KeepsItToItself(Normal):
    def fit(self, data):
        super().fit(data)
        self.spread = float(self.deviation.mean())
        return self

    def sample(self, n, *, generator=None):
        return super().sample(n, generator=generator) * getattr(self, "spread", 1.0)


BROKEN = {
    FitReturnsNothing: "fit_returns_the_sampler",
    FitCentres: "fit_returns_the_sampler",
    Flat: "samples_have_the_shape_of_items",
    Double: "samples_have_the_shape_of_items",
    GlobalNoise: "sampling_draws_from_its_generator_only",
    Constant: "samples_are_deterministic",
    RandomFit: "fitting_is_deterministic",
    Remembers: "sampling_leaves_the_sampler_as_it_was",
    OneStream: "a_stream_is_drawn_from_its_seed_and_place",
    KeepsItToItself: "the_fitted_state_can_be_kept",
}


@pytest.mark.parametrize("items", [None, torch.randn(20, 2, 3, 3), torch.randn(9, 2).double()])
def test_a_sound_sampler_passes(items):
    report = check_sampler(Normal, items)
    assert report.ok, str(report)
    assert report.number_run == len(SAMPLER_CHECKS)


@pytest.mark.parametrize("sampler", BROKEN, ids=lambda each: each.__name__)
def test_a_broken_sampler_is_caught_by_name(sampler):
    assert BROKEN[sampler] in {outcome.name for outcome in check_sampler(sampler).failures}


def test_every_check_is_known_to_catch_something():
    assert set(BROKEN.values()) == {check.__name__ for check in SAMPLER_CHECKS}


def test_a_sampler_may_bring_its_own_items():
    class Pairs(Normal):
        @staticmethod
        def example_items():
            return torch.randn(10, 2)

        def fit(self, data):
            assert data.shape == (10, 2)
            return super().fit(data)

    assert check_sampler(Pairs).ok
