"""The dreamup3d method: from RGB-D scenes to what finds objects in them. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe.suggestion import Guess, Suggestion
from geoframe_dreamup3d.config import DreamUp3DConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe.sampler import Sampler
    from geoframe_dreamup3d.trained import TrainedDreamUp3D


class DreamUp3D(Method):
    """From one RGB-D image of a table to objects: masks, poses, whole shapes, simulator scenes."""

    Config = DreamUp3DConfig
    citation = (
        "Y. Wu, H. Sáez de Ocáriz Borde, J. Collins, O. Parker Jones, I. Posner: DreamUp3D: "
        "Object-Centric Generative Models for Single-View 3D Scene Understanding and Real-to-Sim "
        "Transfer. IEEE Robotics and Automation Letters, 2024, arXiv:2402.16308"
    )

    def suits(self, guess: Guess) -> Suggestion | None:
        """Say how the method would treat such data."""
        if guess.kind != "scenes":
            return None
        return Suggestion(
            fit=0.9,
            reason="objects on a table from one image with depth, without labels",
            expect="masks, boxes and completed shapes",
        )

    def run(self, config: DreamUp3DConfig, run: Run) -> Result:
        """Read or make the scenes, train, measure and draw."""
        from geoframe_dreamup3d.data import load_data
        from geoframe_dreamup3d.fit import fit, keep
        from geoframe_dreamup3d.report import report

        data = load_data(config.data, seed=config.seed)
        run.record(
            data={"scenes": len(data.train), "sha256": data.train.fingerprint()},
            repairs=list(data.train.repairs),
        )
        backend, training = fit(config, data, run)
        keep(backend, run)
        return report(config, data, backend, training, run)

    def sampler(self, run: Run) -> Sampler:
        """Return what draws new scenes, if the run trained fields.

        Raises
        ------
        RunError
            If it did not.
        """
        from geoframe_dreamup3d.fit import scene_sampler

        return scene_sampler(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the tables of masks, shapes and matching, beside what needs no learning."""
        from geoframe_dreamup3d.reference import TABLES

        return TABLES

    def load(self, run: Run) -> TrainedDreamUp3D:
        """Return what finds objects in images."""
        from geoframe_dreamup3d.fit import restore
        from geoframe_dreamup3d.trained import TrainedDreamUp3D

        return TrainedDreamUp3D(restore(run), run.read_json("objects"))
