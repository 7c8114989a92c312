"""Texts that a model learns to write: responses, conversations, or all of a text. Torch-free."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import pyarrow as pa

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe_data.cells import Cells
from geoframe_data.files import UserFile
from geoframe_data.text_columns import column_of, text_column
from geoframe_data.texts import INSTRUCTIONS, Message, Split, TextColumns

Form = Literal["messages", "prompts", "instructions", "texts"]
ROLES = {"human": "user", "gpt": "assistant"}
"""Roles as ShareGPT files call them -> as chat templates do."""
LEARNED = "assistant"
"""The role whose messages are learned."""


def form_of(names: Sequence[str], columns: TextColumns, task: str) -> Form | None:
    """Tell by a file's columns in which form it holds what is to be written.

    A file of texts alone is one too; beside other columns they are only if ``task`` is causal.
    """
    own = set(names)
    if own & {columns.messages, "conversations"}:
        return "messages"
    if {columns.prompt, columns.response} <= own:
        return "prompts"
    if {INSTRUCTIONS[0], INSTRUCTIONS[2]} <= own and columns.text not in own:
        return "instructions"
    return "texts" if columns.text in own and (task == "causal" or len(own) == 1) else None


def causal_split(
    cells: Cells, columns: TextColumns, form: Form | None, *, separator: str, as_chat: bool
) -> Split:
    """Read the texts of a file in the form that its training file has.

    Parameters
    ----------
    as_chat
        Turn prompts and responses into conversations of user and assistant.

    Raises
    ------
    DataError
        If a column is absent, or a text or message is missing.
    """
    if form == "messages":
        return _conversations(cells, columns.messages)
    if form == "texts":
        return Split(texts=text_column(cells, columns.text))
    if form is None:
        raise DataError(
            f"{cells.path}: holds nothing to learn to write: expected {columns.messages}, "
            f"{columns.prompt} and {columns.response}, instruction and output, or {columns.text}; "
            f"it has {listed(cells.names)}"
        )
    if form == "instructions":
        prompts = text_column(cells, INSTRUCTIONS[0])
        if INSTRUCTIONS[1] in cells.names:
            inputs = text_column(cells, INSTRUCTIONS[1], empty=True)
            pairs = zip(prompts, inputs, strict=True)
            prompts = [separator.join(filter(None, each)) for each in pairs]
        responses = text_column(cells, INSTRUCTIONS[2])
    else:
        prompts, responses = (text_column(cells, n) for n in (columns.prompt, columns.response))
    if not as_chat:
        return Split(texts=prompts, seconds=responses)
    pairs = zip(prompts, responses, strict=True)
    return Split(texts=prompts, chats=[(("user", p), (LEARNED, r)) for p, r in pairs])


def _conversations(cells: Cells, name: str) -> Split:
    column = column_of(cells, name if name in cells.names else "conversations")
    chats = [_chat(value, cells.where(row)) for row, value in enumerate(column.to_pylist())]
    return Split(texts=[chat[0][1] for chat in chats], chats=chats)


def _chat(value: Any, where: str) -> tuple[Message, ...]:
    if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str):
        value = json.loads(value[0])  # as lists of JSON files are kept
    if not isinstance(value, list) or not value:
        raise DataError(f"{where}: holds '{shown(value)}', not a list of messages")
    chat = tuple(_message(each, number, where) for number, each in enumerate(value, start=1))
    if LEARNED not in [role for role, _ in chat]:
        raise DataError(f"{where}: no message is of the role '{LEARNED}': nothing to learn")
    return chat


def _message(value: Any, number: int, where: str) -> Message:
    given = value if isinstance(value, dict) else {}
    role = given.get("role") or given.get("from")
    content = given.get("content") if given.get("content") is not None else given.get("value")
    if isinstance(content, list):  # parts, as models that see images take them
        texts = [each.get("text") if isinstance(each, dict) else None for each in content]
        content = None if None in texts else "".join(map(str, texts))
    if not isinstance(role, str) or not isinstance(content, str):
        raise DataError(
            f"{where}: message {number} is '{shown(value)}', not an object with role and content"
        )
    return ROLES.get(role, role), content


def paragraphs(file: UserFile, name: str) -> Cells:
    """Read a plain text: what blank lines part, one text each, in a column of this name.

    Raises
    ------
    DataError
        If there is none.
    """
    texts, lines, line = [], [], 1
    for piece in re.split(r"(\n[^\S\n]*\n\s*)", file.text()):
        if piece.strip():
            texts.append(piece.strip("\n"))
            lines.append(line)
        line += piece.count("\n")
    if not texts:
        raise DataError(f"{file.path}: holds no text")
    return Cells(
        path=file.path,
        names=(name,),
        columns=(pa.array(texts, pa.large_string()),),
        lines=np.asarray(lines, np.int64),
    )
