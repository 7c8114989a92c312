"""Text tasks that are stored as files below ``$GEOFRAME_DATA``. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.data import stored_file

if TYPE_CHECKING:
    from geoframe_asymlora.data.examples import Examples

FILES = {
    "sst2": ("train", "dev", "test"),
    "cola": ("train", "dev_in", "dev_out"),
    "mrpc": ("train", "dev", "test"),
}
METRICS = {"sst2": "accuracy", "cola": "matthews", "mrpc": "accuracy"}


@attrs.frozen(kw_only=True)
class StoredText:
    """Sentiment (SST-2), acceptability (CoLA) and paraphrase (MRPC) of English sentences."""

    component: ClassVar[str] = "geoframe_asymlora.data.stored:StoredText"

    task: Literal["sst2", "cola", "mrpc"] = option(
        "sst2",
        help="sst2: 6920 whole sentences; cola: tuned on sentences of the training's sources, "
        "reported on those of other sources; mrpc: pairs.",
    )
    root: Path | None = option(
        None, help="Folder of the files; else $GEOFRAME_DATA/text-sst2, text-cola or text-mrpc."
    )

    def load(self) -> Examples:
        """Read the task.

        Raises
        ------
        DataError
            If the files are not found.
        """
        from geoframe_asymlora.data.config import TextColumns
        from geoframe_asymlora.data.examples import examples_of_rows
        from geoframe_asymlora.data.rows import read_rows

        origins = {
            split: stored_file(f"text-{self.task}", f"{name}.tsv.gz", self.root)
            for split, name in zip(("train", "validation", "test"), FILES[self.task], strict=True)
        }
        rows = {split: read_rows(path) for split, path in origins.items()}
        columns = TextColumns(
            text="text_a",
            text_b="text_b" if self.task == "mrpc" else None,
            task="classification",
        )
        return examples_of_rows(rows, columns, origins, metric=METRICS[self.task])
