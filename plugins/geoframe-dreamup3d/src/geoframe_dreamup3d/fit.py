"""From config and data to the back end that a run trains, and back from a run directory."""

from __future__ import annotations

from geoframe import RunError, Sampler, Training
from geoframe.run.directory import Run
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.backends import Backend, ClassicalBackend
from geoframe_dreamup3d.config import DreamUp3DConfig
from geoframe_dreamup3d.datasets.generated import GeneratedTabletop


def fit(config: DreamUp3DConfig, scenes: Scenes, run: Run) -> tuple[Backend, Training | None]:
    """Train what ``backend`` names; the classical one needs no training.

    ``auto`` trains votes, on made up scenes if those given have no masks.

    Raises
    ------
    DataError
        If the scenes lack what it is trained on.
    """
    if config.backend in ("auto", "votes"):
        from geoframe_dreamup3d.votes.fit import fit_votes

        if config.backend == "auto" and scenes.truth is None:
            scenes = GeneratedTabletop(noise=True).load()
        return fit_votes(config, scenes, run)
    if config.backend == "reconstruction":
        from geoframe_dreamup3d.reconstruction.fit import fit_reconstruction

        return fit_reconstruction(config, scenes, run)
    return ClassicalBackend(), None


def keep(backend: Backend, run: Run) -> None:
    """Write what :func:`restore` needs into the run directory."""
    state = backend.state()
    if state:
        run.write_tensors("model", state)


def restore(run: Run) -> Backend:
    """Rebuild what :func:`fit` made, without its data."""
    config: DreamUp3DConfig = run.config
    if config.backend in ("auto", "votes"):
        from geoframe_dreamup3d.votes.fit import restore_votes

        return restore_votes(run.read_tensors("model"))
    if config.backend == "reconstruction":
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
