"""Texts to token numbers, and batches of them to padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_asymlora.text.pretrained import Pretrained
from geoframe_data import Split

IGNORED = -100
"""Target of tokens that are read and not learned."""


@attrs.frozen(kw_only=True, eq=False)
class Encoded:
    """Examples as token numbers."""

    ids: list[Tensor]
    """One integer tensor ``(length,)`` each."""
    kinds: list[Tensor] | None
    """Which of two texts a token is of, for models that are told."""
    targets: list[Tensor] | Tensor
    """Classes or numbers ``(n,)``, or for each token what is to be predicted there."""
    padding: int

    def __len__(self) -> int:
        return len(self.ids)

    def lengths(self) -> Tensor:
        """Number of tokens of each example, ``(n,)``."""
        return torch.tensor([len(row) for row in self.ids])

    def batch(self, rows: Sequence[int], device: torch.device) -> dict[str, Tensor]:
        """Return what a transformers model takes for these examples, padded to the longest."""
        ids = [self.ids[row] for row in rows]
        mask = pad_sequence([torch.ones_like(row) for row in ids], batch_first=True)
        batch = {
            "input_ids": pad_sequence(ids, batch_first=True, padding_value=self.padding),
            "attention_mask": mask,
        }
        if self.kinds is not None:
            kinds = [self.kinds[row] for row in rows]
            batch["token_type_ids"] = pad_sequence(kinds, batch_first=True)
        if isinstance(self.targets, Tensor):
            batch["labels"] = self.targets[list(rows)]
        else:
            batch["labels"] = pad_sequence(
                [self.targets[row] for row in rows], batch_first=True, padding_value=IGNORED
            )
        return {name: tensor.to(device) for name, tensor in batch.items()}


def encode(split: Split, pretrained: Pretrained, separator: str = "\n") -> Encoded:
    """Tokenize examples for the kind of task that ``pretrained`` is for.

    Parameters
    ----------
    separator
        What is put between prompt and response.

    Raises
    ------
    DataError
        If a response has nothing to learn.
    """
    tokenizer = pretrained.tokenizer
    padding = int(tokenizer.pad_token_id or 0)
    if pretrained.kind == "causal":
        return _causal(split, tokenizer, padding, pretrained.max_length, separator)
    found: Any = tokenizer(
        list(split.texts),
        None if split.seconds is None else list(split.seconds),
        truncation=True,
        max_length=pretrained.max_length,
    )
    kinds = found.get("token_type_ids")
    whole = pretrained.kind == "classification"
    return Encoded(
        # Not every tokenizer gives an empty text a token, and a model needs one.
        ids=[torch.tensor(row or [padding]) for row in found["input_ids"]],
        kinds=None if kinds is None else [torch.tensor(row or [0]) for row in kinds],
        targets=torch.tensor(split.targets, dtype=torch.long if whole else torch.float32),
        padding=padding,
    )


def _causal(split: Split, tokenizer: Any, padding: int, max_length: int, separator: str) -> Encoded:
    """Start, prompt, separator, response, end of text; only response and end are targets."""
    assert split.seconds is not None
    end = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    # The start that the tokenizer itself gives a text: so the model is asked later.
    start = [each for each in tokenizer("")["input_ids"][:1] if each == tokenizer.bos_token_id]
    ids, targets = [], []
    for number, (prompt, response) in enumerate(zip(split.texts, split.seconds, strict=True)):
        read = tokenizer(prompt + separator, add_special_tokens=False)["input_ids"]
        learned = tokenizer(response, add_special_tokens=False)["input_ids"] + end
        # What is learned has to fit; of a long prompt the end is kept.
        room = max_length - len(start)
        learned = learned[: max(1, room - 1)]
        read = start + read[max(0, len(read) + len(learned) - room) :]
        read = read or end  # something has to come before the first token that is learned
        if not learned or len(read + learned) < 2:
            raise DataError(
                f"'{shown(prompt)}' (example {number + 1}) has an empty response: nothing to learn"
            )
        ids.append(torch.tensor(read + learned))
        targets.append(torch.tensor([IGNORED] * len(read) + learned))
    return Encoded(ids=ids, kinds=None, targets=targets, padding=padding)
