"""The lora-similarity method: adapters on disk, compared in a report. Torch-free at import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from geoframe.config import MethodConfig, option
from geoframe.method import Method, Result

if TYPE_CHECKING:
    from geoframe.run.directory import Run
    from geoframe_asymlora.study.similarity import Similarities


@attrs.frozen(kw_only=True)
class SimilarityConfig(MethodConfig):
    """Adapters to compare."""

    adapters: tuple[Path, ...] = option(
        help="Adapters: run directories of asymlora, folders of peft or asymlora, or .safetensors "
        "files with LoRA factors, whoever made them.",
    )
    names: tuple[str, ...] = option(
        (), help="Their names in the figures; left out, those of the files."
    )

    def __attrs_post_init__(self) -> None:
        if len(self.adapters) < 2:
            raise ValueError("adapters: name at least two")
        if self.names and len(self.names) != len(self.adapters):
            raise ValueError(f"names: {len(self.names)} names for {len(self.adapters)} adapters")


class LoRASimilarity(Method):
    """Canonical correlations of LoRA factors: over seeds, tasks, checkpoints, any two files."""

    Config = SimilarityConfig
    citation = (
        "J. Zhu et al.: Asymmetry in Low-Rank Adapters of Foundation Models. ICML 2024, "
        "arXiv:2402.16842, appendix A"
    )

    def run(self, config: SimilarityConfig, run: Run) -> Result:
        """Compare every two adapters, layer by layer, and draw heat maps."""
        from geoframe_asymlora.study.similarity_report import report

        return report(config, run)

    def load(self, run: Run) -> Similarities:
        """Compare the adapters again and return all values."""
        from geoframe_asymlora.study.similarity_report import similarities

        return similarities(run.config)
