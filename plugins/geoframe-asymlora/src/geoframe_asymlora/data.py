"""What the method takes: texts with labels, and texts to learn to write. Torch-free."""

from __future__ import annotations

from pathlib import Path

from geoframe.errors import DataError
from geoframe_asymlora.config import TextDataConfig
from geoframe_data import TextColumns, Texts, make_texts, read_text_cells
from geoframe_data.text_columns import text_column


def load_texts(config: TextDataConfig) -> Texts:
    """Read what ``[data]`` names.

    Raises
    ------
    DataError
        If a file, a column or a label cannot be used.
    """
    if config.path is None:
        texts = config.dataset.build().load()
        if not isinstance(texts, Texts):
            raise DataError(f"data.dataset: '{config.dataset.name}' holds no texts")
    else:
        columns = TextColumns(
            text=config.text,
            text_b=config.text_b,
            label=config.label,
            prompt=config.prompt,
            response=config.response,
            messages=config.messages,
        )
        reading = {**config.reading(), "plain": config.task == "causal"}
        typing = {key: reading.pop(key) for key in ("decimal", "thousands")}
        cells = read_text_cells(config.path, columns, **reading)
        for split, other in (("validation", config.validation), ("test", config.test)):
            if other is not None:
                cells[split] = read_text_cells(other, columns, **reading)["train"]
        texts = make_texts(
            cells,
            columns,
            task=config.task,
            separator=config.separator,
            as_chat=config.as_chat,
            holdout=config.holdout,
            **typing,
        )
    return texts.limited(config.limit, config.evaluation_limit)


def new_texts(path: Path, text: str, text_b: str | None) -> tuple[list[str], list[str] | None]:
    """Read the texts of a file, and the second ones of pairs.

    Raises
    ------
    DataError
        If the file cannot be read or lacks a column.
    """
    cells = read_text_cells(path, TextColumns(text=text, text_b=text_b))["train"]
    return text_column(cells, text), text_column(cells, text_b) if text_b else None
