"""The walk of a batch of samples from noise to data."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from geoframe_cfdm.engines.check import float64_mean
from geoframe_cfdm.engines.choice import EngineFactory
from geoframe_cfdm.sampling.grid import step_sizes
from geoframe_cfdm.sampling.noise import SampleNoise
from geoframe_cfdm.sampling.records import StepRecords


def integrate(
    engines: EngineFactory, noise: SampleNoise, times: Sequence[float], records: StepRecords
) -> tuple[Tensor, Tensor, Tensor]:
    """Take one batch through all steps.

    Parameters
    ----------
    times
        From the start to 1. A start above 0 begins at noised training items, which is an exact
        sample of the unsmoothed model at that time.
    records
        Takes what is measured.

    Returns
    -------
    Tensor, Tensor, Tensor
        On the CPU: points ``(n, d)``, the training points of their tuples ``(n, M)`` and these
        points' shares ``(n, M)``.
    """
    points, options = engines.points, engines.options
    device = points.device
    z = noise.initial().to(device)
    steps = step_sizes(times)
    if (begin := steps[0][0]) > 0:
        chosen = torch.searchsorted(points.prior.cumsum(0), noise.uniform())
        chosen = chosen.clamp_max(len(points) - 1).to(device)
        z = z.mul_(1 - begin).add_(points.rows(chosen), alpha=begin)
    perturbations = _moved(noise.perturbations(), device)
    trajectory = engines.start(z, perturbations, noise, begin)
    every = options.check_every
    for number, (t, keep, pull) in enumerate(steps):
        if number:
            if options.noise == "fresh" and noise.policy.sigma > 0:
                perturbations = _moved(noise.perturbations(), device)
                trajectory.perturb(perturbations)
            if engines.changes(steps[number - 1][0], t):
                trajectory = engines.start(trajectory.state(), perturbations, noise, t)
        found = trajectory.posterior(t, tuples=number == len(steps) - 1)
        true_error = math.nan
        if every and number % every == 0 and t > 0:
            rows = slice(options.check_samples)
            own = perturbations
            if own is not None and len(own) > 1:
                own = own[rows]
            exact = float64_mean(points, trajectory.state()[rows], own, t)
            true_error = _relative_error(trajectory.mean()[rows], exact)
        records.add(number, t, found, true_error)
        trajectory.move(keep, pull)
    assert found.tuples is not None
    assert found.tuple_weights is not None
    weights = found.tuple_weights / found.tuple_weights.shape[1]
    return trajectory.state().cpu(), found.tuples.cpu(), weights.cpu()


def _moved(tensor: Tensor | None, device: torch.device) -> Tensor | None:
    return None if tensor is None else tensor.to(device)


def _relative_error(mean: Tensor, exact: Tensor) -> float:
    error = (mean.double() - exact).norm(dim=1) / exact.norm(dim=1).clamp_min(1e-12)
    return float(error.max())
