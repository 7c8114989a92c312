"""From config and data to the back end that a run trains, and back from a run directory."""

from __future__ import annotations

import numpy as np

from geoframe import RunError, Sampler, Training
from geoframe.run.directory import Run
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.backends import Backend, ClassicalBackend
from geoframe_dreamup3d.config import DreamUp3DConfig
from geoframe_dreamup3d.data import Data
from geoframe_dreamup3d.datasets.generated import GeneratedTabletop
from geoframe_dreamup3d.measures.segmentation import ari_foreground
from geoframe_dreamup3d.table.view import view_of

COMPARED = 60
"""Test scenes by which ``auto`` chooses."""


def fit(config: DreamUp3DConfig, data: Data, run: Run) -> tuple[Backend, Training | None]:
    """Train what ``backend`` names; the classical one needs no training.

    ``auto`` trains votes, on made up scenes if those given have no masks, and takes the classical
    masks after all if they do better on the first test scenes.

    Raises
    ------
    DataError
        If the scenes lack what it is trained on.
    """
    scenes = data.train
    if config.backend in ("auto", "votes"):
        from geoframe_dreamup3d.votes.fit import fit_votes

        if config.backend == "auto" and scenes.truth is None:
            scenes = GeneratedTabletop(noise=True).load()
        votes, training = fit_votes(config, scenes, run)
        chosen = votes if config.backend == "votes" else better(votes, data.tests[0].scenes)
        return chosen, training
    if config.backend == "reconstruction":
        from geoframe_dreamup3d.reconstruction.fit import fit_reconstruction

        return fit_reconstruction(config, scenes, run)
    return ClassicalBackend(), None


def better(trained: Backend, scenes: Scenes) -> Backend:
    """Return the trained back end, or the classical one if its masks are nearer to the truth."""
    truth = scenes.truth
    if truth is None:
        return trained
    views = [view_of(scenes, i) for i in range(min(len(scenes), COMPARED))]

    def score(backend: Backend) -> float:
        pairs = zip(views, truth.segmentation, strict=False)
        return float(np.nanmean([ari_foreground(backend.segment(v), t) for v, t in pairs]))

    classical = ClassicalBackend()
    return trained if score(trained) >= score(classical) else classical


def keep(backend: Backend, run: Run) -> None:
    """Write what :func:`restore` needs into the run directory."""
    run.write_json("backend", {"name": backend.name})
    state = backend.state()
    if state:
        run.write_tensors("model", state)


def restore(run: Run) -> Backend:
    """Rebuild what :func:`fit` made, without its data."""
    config: DreamUp3DConfig = run.config
    name = run.read_json("backend")["name"]
    if name == "votes":
        from geoframe_dreamup3d.votes.fit import restore_votes

        return restore_votes(run.read_tensors("model"))
    if name == "reconstruction":
        from geoframe_dreamup3d.reconstruction.fit import restore_reconstruction

        return restore_reconstruction(config, run.read_tensors("model"))
    return ClassicalBackend()


def scene_sampler(run: Run) -> Sampler:
    """Return what draws new scenes from the fields of a finished run.

    Raises
    ------
    RunError
        If the run trained none.
    """
    from geoframe_dreamup3d.reconstruction.backend import ReconstructionBackend
    from geoframe_dreamup3d.reconstruction.sampler import SceneSampler

    backend = restore(run)
    if not isinstance(backend, ReconstructionBackend):
        raise RunError(
            f"{run.path}: backend '{run.config.backend}' has no fields to draw scenes from; "
            "train one with backend = 'reconstruction'"
        )
    return SceneSampler(backend.model)
