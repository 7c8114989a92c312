"""One run: the scene that was asked for, others to compare, and what came out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs
import torch
from torch import Tensor

from geoframe import Result, RunError
from geoframe.config import unstructure
from geoframe.run.directory import Run
from geoframe.run.resources import peak_memory_mib
from geoframe_sdi.config import SDIConfig
from geoframe_sdi.evaluation import (
    Reference,
    Value,
    measure,
    measure_samples,
    reference,
    summary,
    with_samples,
)
from geoframe_sdi.figures import draw
from geoframe_sdi.fit import Setting, distil, loss_for
from geoframe_sdi.guidance.config import GuidanceConfig, GuidanceName
from geoframe_sdi.objective import DistillationObjective
from geoframe_sdi.trained import DistilledScene, names_of

COMPARED = (
    *("high_frequency_ratio", "high_frequency_gap", "saturation", "classifier_accuracy"),
    *("psnr_nearest_mode", "mode_agreement", "gradient_variance_ratio", "prior_calls"),
)
"""Metrics of the guidance to compare that stand among the run's own, after the guidance's name."""
MEANINGS = {
    "prior_calls": "answers of the model, a guided pair counted once: what a training costs",
    "high_frequency_ratio": "power above 0.25 cycles a pixel by that of real images; below 1 is "
    "blurred, far above is noisy",
    "high_frequency_ratio_ddim": "the same of samples that DDIM draws from this very model",
    "high_frequency_gap": "distance of the two; 0 is best",
    "saturation": "share of values at the ends of their range",
    "diversity": "mean distance of images of one class; 0 if all are alike",
    "psnr_nearest_mode": "dB to the nearest image that the model knows for an unseen camera",
    "mode_agreement": "share of the views that show one and the same mode; 1 is best",
    "classifier_accuracy": "share of the images that a small classifier takes for their class",
    "kid_classifier": "kernel distance to real images on that classifier's features; 0 is best",
    "gradient_variance_ratio": "variance of the gradient over its draws by its squared mean",
    "noise_residual": "how far the noise that was put in is from what the model sees there, times "
    "sigma, squared; 0 for noise that belongs to the image",
    "noise_std": "standard deviation of the noise that the model was told of; 1 is what it knows",
}
"""What the measures mean, for the report."""
COMPARE = (
    "sdi.compare = ['sds', 'sdi'] runs other guidance for as many steps, to see what it gains."
)
SAMPLES = "DDIM samples"
"""Name of the row of the prior's own samples."""
SCENE = "scene"
"""Name of the trained tensors in a run."""


def study(setting: Setting, run: Run) -> Result:
    """Distil with the guidance asked for and with those to compare, for as many steps each."""
    config = setting.config
    names = list(dict.fromkeys((config.guidance.name, *config.sdi.compare)))
    known = reference(setting)
    own = Comparison.of(setting, config.guidance, names, known, run)
    assert own.first is not None
    objective, rows = own.first, list(own.rows)
    _keep(setting, objective, known.cameras, run)
    draw(setting, objective, own.known, own.views, run)
    metrics: dict[str, Value] = {key: value for key, value in rows[0].items() if key != "guidance"}
    for row in rows[1:]:
        metrics |= {f"{row['guidance']}_{key}": row[key] for key in COMPARED if key in row}
    table, notes = [*own.samples, *rows], list(own.notes)
    verdicts = [f"{row['guidance']}: {summary(row)}." for row in rows]
    for scale in config.sdi.scales:
        guidance = attrs.evolve(config.guidance, scale=scale)
        where = run.part(f"scale-{scale:g}")
        other = Comparison.of(setting, guidance, names, known, where)
        notes += [f"scale {scale:g}: {note}" for note in other.notes]
        table += [
            {**row, "guidance": f"{row['guidance']}, scale {scale:g}"}
            for row in (*other.samples, *other.rows)
        ]
    metrics |= {"peak_memory_mib": peak_memory_mib(), **setting.facts}
    return Result(
        metrics=metrics,
        tables={"guidance": table},
        notes=notes,
        verdict=verdicts,
        picture=f"views_{names[0]}",
        meanings={key: text for key, text in MEANINGS.items() if key in metrics},
        advice=[] if len(names) > 1 else [COMPARE],
    )


@attrs.frozen(kw_only=True, eq=False)
class Comparison:
    """Guidance methods at one scale, for as many steps each, beside samples of the prior."""

    known: Reference
    samples: Sequence[dict[str, Any]]
    """A row for DDIM's samples, if any were drawn."""
    rows: Sequence[dict[str, Any]]
    """A row a method."""
    views: Mapping[str, Tensor]
    notes: Sequence[str]
    first: DistillationObjective | None
    """What the first of them trained."""

    @classmethod
    def of(
        cls,
        setting: Setting,
        guidance: GuidanceConfig,
        names: Sequence[GuidanceName],
        known: Reference,
        run: Run,
    ) -> Comparison:
        """Distil with each of ``names``, the first in ``run`` itself."""
        known = with_samples(known, setting, loss_for(setting, guidance))
        drawn = measure_samples(setting, known)
        rows, notes = [], []
        views: dict[str, Tensor] = {}
        first: DistillationObjective | None = None
        for name in names:
            where = run if name == names[0] else run.part(f"compare-{name}")
            objective, training = distil(setting, attrs.evolve(guidance, name=name), where)
            found, views[name] = measure(setting, objective, training, known)
            rows.append({"guidance": name, **found})
            notes += [f"{name}: {sign}." for sign in sorted(objective.signs)]
            first = first or objective
        return cls(
            known=known,
            samples=[{"guidance": SAMPLES, **drawn}] if drawn else [],
            rows=rows,
            views=views,
            notes=notes,
            first=first,
        )


def _keep(setting: Setting, objective: DistillationObjective, cameras: Tensor, run: Run) -> None:
    run.write_tensors(SCENE, objective.scene.state_dict())
    run.write_tensors("views", {"cameras": cameras})
    component = setting.config.scene
    facts = {
        "scene": component.name,
        "options": unstructure(component.options),
        "in_features": cameras.shape[1],
        "shape": list(setting.shape),
        "flat": setting.flat,
    }
    run.write_json(SCENE, facts)


def restore(run: Run) -> DistilledScene:
    """Rebuild the scene of a finished run, without its prior.

    Raises
    ------
    RunError
        If the run was a dry one.
    """
    config: SDIConfig = run.config
    if config.sdi.dry_run:
        raise RunError(f"{run.path}: was a dry run; run it again with sdi.dry_run = false")
    facts = run.read_json(SCENE)
    shape = (facts["shape"][0], facts["shape"][1], facts["shape"][2])
    cameras = run.read_tensors("views")["cameras"]
    context: dict[str, Any] = {
        "in_features": facts["in_features"],
        "out_features": shape[0] * shape[1] * shape[2],
    }
    if getattr(config.scene.options, "shape", ()) is None:
        context["shape"] = shape
    scene = config.scene.build(**context)
    scene.load_state_dict(run.read_tensors(SCENE))
    with torch.no_grad():
        return DistilledScene(scene, cameras, names_of(cameras, facts["flat"]), shape, facts)
