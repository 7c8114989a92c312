"""Text tasks that are stored as files below ``$GEOFRAME_DATA``. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

import attrs

from geoframe.config.fields import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    from geoframe_data import Texts

Parts = dict[str, tuple[str, ...]]
USUAL: Parts = {"train": ("train",), "validation": ("dev",), "test": ("test",)}
FILES: dict[str, tuple[str, Parts]] = {
    "sst2": ("sst2", USUAL),
    "cola": ("cola", {"train": ("train",), "test": ("dev_in", "dev_out")}),
    "cola-sources": (
        "cola",
        {"train": ("train",), "validation": ("dev_in",), "test": ("dev_out",)},
    ),
    "mrpc": ("mrpc", USUAL),
}
"""Task -> its data set, and the files of each part."""
METRICS = {"sst2": "accuracy", "cola": "matthews", "mrpc": "accuracy"}


@attrs.frozen(kw_only=True)
class StoredText(Dataset):
    """Sentiment (SST-2), acceptability (CoLA) and paraphrase (MRPC) of English sentences."""

    provides = "texts"

    component: ClassVar[str] = "geoframe_asymlora.datasets.stored:StoredText"

    task: Literal["sst2", "cola", "cola-sources", "mrpc"] = option(
        "sst2",
        help="sst2: 6920 whole sentences; cola: tuned on a tenth of the training sentences, "
        "reported on GLUE's development set; cola-sources: tuned on the half of that set that is "
        "of the training's sources, reported on the half of other sources; mrpc: pairs.",
    )
    root: Path | None = option(
        None, help="Folder of the files; else $GEOFRAME_DATA/text-sst2, text-cola or text-mrpc."
    )

    def load(self) -> Texts:
        """Read the task.

        Raises
        ------
        DataError
            If the files are not found.
        """
        from geoframe_data import TextColumns, make_texts, read_text_cells
        from geoframe_data.text_folders import joined

        data, parts = FILES[self.task]
        columns = TextColumns(text="text_a", text_b="text_b" if data == "mrpc" else None)
        cells = {
            part: joined(
                [
                    read_text_cells(
                        stored_file(f"text-{data}", f"{name}.tsv.gz", self.root), columns
                    )["train"]
                    for name in names
                ]
            )
            for part, names in parts.items()
        }
        return make_texts(cells, columns, task="classification", metric=METRICS[data])
