"""Pictures of a run: what was distilled, what the guidance saw, and spectra."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor

from geoframe.run.directory import Run
from geoframe_diffusion.guidance import predicted_noise
from geoframe_sdi.evaluation import Reference
from geoframe_sdi.fit import Setting
from geoframe_sdi.guidance.inversion import inverted_noise, rungs
from geoframe_sdi.measures import spectrum
from geoframe_sdi.objective import DistillationObjective

COLUMNS = 8
STRIP_VIEWS = 4
STRIP_AT = (0.15, 0.5, 0.85)
"""Shares of the training whose noise levels the strips show."""


def draw(
    setting: Setting,
    objective: DistillationObjective,
    known: Reference,
    views: Mapping[str, Tensor],
    run: Run,
) -> None:
    """Write all figures.

    Parameters
    ----------
    views
        Guidance -> views ``(n, c, h, w)``; the first is the run's own.
    """
    shown = setting.config.evaluation.shown
    for name, images in views.items():
        run.write_figure(f"views_{name}", grid(images[:shown], name))
    if known.ddim is not None:
        run.write_figure("ddim", grid(known.ddim[:shown], "DDIM samples of the prior"))
    own = next(iter(views.values()))
    if not setting.flat:
        run.write_figure("turntable", turned(views, known.cameras))
    run.write_figure("strips", strips(setting, objective, known, own))
    run.write_figure("spectra", spectra(known, views))


def grid(images: Tensor, title: str) -> Figure:
    """Images in rows of eight."""
    rows = -(-len(images) // COLUMNS)
    figure = Figure(figsize=(8, 1.05 * rows + 0.4), layout="constrained")
    figure.suptitle(title, fontsize=10)
    for index, image in enumerate(images):
        axes = figure.add_subplot(rows, min(COLUMNS, len(images)), index + 1)
        _show(axes, image)
    return figure


def turned(views: Mapping[str, Tensor], cameras: Tensor) -> Figure:
    """Once around the scene, a row for each guidance."""
    angles = torch.rad2deg(torch.atan2(cameras[:, 0], cameras[:, 2])) % 360
    chosen = angles.argsort()[:: max(1, len(cameras) // COLUMNS)].tolist()
    figure = Figure(figsize=(len(chosen), len(views) * 1.1 + 0.3), layout="constrained")
    for row, (name, images) in enumerate(views.items()):
        for column, index in enumerate(chosen):
            axes = figure.add_subplot(len(views), len(chosen), row * len(chosen) + column + 1)
            _show(axes, images[index])
            if column == 0:
                axes.text(-0.1, 0.5, name, fontsize=7, rotation=90, va="center", ha="right")
                axes.texts[-1].set_transform(axes.transAxes)
            if row == 0:
                axes.set_title(f"{float(angles[index]):.0f}°", fontsize=7)
    return figure


@torch.no_grad()
def strips(
    setting: Setting, objective: DistillationObjective, known: Reference, views: Tensor
) -> Figure:
    """Render x, noise kappa, noisy state and the prior's answer, at three noise levels."""
    loss = objective.guidance
    encode = getattr(setting.prior, "encode", None)
    decode: Any = getattr(setting.prior, "decode", lambda images: images)
    images = views[:STRIP_VIEWS]
    condition = None if known.conditions is None else known.conditions[: len(images)]
    latents = images if encode is None else encode(images)

    def noise_at(state: Tensor, sigma: float, scale: float) -> Tensor:
        return predicted_noise(setting.prior, state, sigma, condition, scale=scale)

    shown: list[tuple[str, Tensor]] = [("render x", images)]
    for share in STRIP_AT:
        level = loss.levels.highest - share * (loss.levels.highest - loss.levels.lowest)
        sigma = loss.schedule.sigma(level)
        ladder = rungs(loss.schedule, level, loss.options.inversion_steps)
        noise = inverted_noise(
            lambda state, s: noise_at(state, s, -loss.scale), latents, ladder, "target"
        )
        state = latents + sigma * noise
        clean = state - sigma * noise_at(state, sigma, loss.scale)
        shown += [
            (f"noise, sigma {sigma:.2g}", decode(noise)),
            ("x + sigma noise", decode(state / (1 + sigma**2) ** 0.5)),
            ("denoised", decode(clean)),
        ]
    figure = Figure(figsize=(len(shown) * 1.0, len(images) * 1.1 + 0.4), layout="constrained")
    for column, (name, each) in enumerate(shown):
        for row, image in enumerate(each):
            axes = figure.add_subplot(len(images), len(shown), row * len(shown) + column + 1)
            _show(axes, image)
            if row == 0:
                axes.set_title(name, fontsize=6)
    return figure


def spectra(known: Reference, views: Mapping[str, Tensor]) -> Figure:
    """Power by frequency of distilled views beside DDIM's and the prior's images."""
    figure = Figure(figsize=(5.5, 3.4), layout="constrained")
    axes = figure.add_subplot()
    lines = dict(views)
    if known.ddim is not None:
        lines["DDIM"] = known.ddim
    if known.modes is not None:
        lines["the prior's images"] = known.modes.flatten(0, 1)
    for name, images in lines.items():
        frequency, power = _radial(images)
        axes.plot(frequency, power, label=name, marker="o", markersize=3)
    axes.set_yscale("log")
    axes.set_xlabel("cycles per pixel")
    axes.set_ylabel("power")
    axes.legend(fontsize=8)
    return figure


def _radial(images: Tensor) -> tuple[Sequence[float], Sequence[float]]:
    power = spectrum(images).numpy()
    height, width = images.shape[-2:]
    radius = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None])
    edges = np.linspace(0, 0.5, max(4, min(height, width) // 2))
    bins = np.digitize(radius.ravel(), edges)
    found = [
        (float(radius.ravel()[bins == each].mean()), float(power.ravel()[bins == each].mean()))
        for each in range(1, len(edges))
        if (bins == each).any()
    ]
    return [one for one, _ in found], [max(two, 1e-12) for _, two in found]


def _show(axes: Any, image: Tensor) -> None:
    axes.imshow(as_pixels(image), cmap="grey", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()


def as_pixels(image: Tensor) -> NDArray[np.float64]:
    """Image ``(c, h, w)`` in [-1, 1] -> ``(h, w)`` or ``(h, w, 3)`` in [0, 1]."""
    scaled = ((image.double() + 1) / 2).clamp(0, 1).permute(1, 2, 0).numpy()
    pixels: NDArray[np.float64] = scaled[..., :3] if scaled.shape[2] >= 3 else scaled[..., 0]
    return pixels
