"""The sdi method: a scene that follows a diffusion model. Torch-free at import."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from geoframe.method import Method, Result
from geoframe.reference import ReferenceTable
from geoframe_sdi.config import SDIConfig

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_sdi.trained import DistilledScene


class ScoreDistillationMethod(Method):
    """Score distillation: images, textures, volumes or splats that follow a diffusion model."""

    Config = SDIConfig
    citation = (
        "A. Lukoianov, H. Sáez de Ocáriz Borde, K. Greenewald, V. C. Guizilini, T. Bagautdinov, "
        "V. Sitzmann, J. Solomon: Score Distillation via Reparametrized DDIM. NeurIPS 2024, "
        "arXiv:2405.15891"
    )

    def run(self, config: SDIConfig, run: Run) -> Result:
        """Fit the prior, distil, compare, measure and draw; or only say what it would cost."""
        from geoframe_sdi.fit import prepare
        from geoframe_sdi.plan import plan
        from geoframe_sdi.study import study

        setting = prepare(config, run)
        if config.sdi.dry_run:
            return plan(setting)
        return study(setting, run)

    def load(self, run: Run) -> DistilledScene:
        """Return the distilled scene."""
        from geoframe_sdi.study import restore

        return restore(run)

    def reference_tables(self) -> Sequence[ReferenceTable]:
        """Return the two benches, beside what the paper and the specification measured."""
        from geoframe_sdi.reference import TABLES

        return TABLES
