"""Texts to token numbers, and batches of them to padded tensors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs
import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from geoframe_asymlora.text.causal import IGNORED, causal_examples, packed
from geoframe_asymlora.text.pretrained import Pretrained
from geoframe_data import Split


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
    positions: list[Tensor] | None = None
    """Position of each token in its own example, where several are packed into one."""

    def __len__(self) -> int:
        return len(self.ids)

    def lengths(self) -> Tensor:
        """Number of tokens of each example, ``(n,)``."""
        return torch.tensor([len(row) for row in self.ids])

    def batch(self, rows: Sequence[int], device: torch.device) -> dict[str, Tensor]:
        """Return what a transformers model takes for these examples, padded to the longest."""
        ids = [self.ids[row] for row in rows]
        batch = {"input_ids": pad_sequence(ids, batch_first=True, padding_value=self.padding)}
        longest = batch["input_ids"].shape[1]
        if self.positions is None:
            mask = pad_sequence([torch.ones_like(row) for row in ids], batch_first=True)
            batch["attention_mask"] = mask
        else:  # by them models tell the examples apart; padding is an example of its own
            filled = [
                torch.cat([self.positions[row], torch.arange(longest - len(self.ids[row]))])
                for row in rows
            ]
            batch["position_ids"] = torch.stack(filled)
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


def encode(
    split: Split, pretrained: Pretrained, separator: str = "\n", *, packing: bool = False
) -> Encoded:
    """Tokenize examples for the kind of task that ``pretrained`` is for.

    Parameters
    ----------
    separator
        What is put between prompt and response.
    packing
        Put several examples into one, where they are learned to be written.

    Raises
    ------
    DataError
        If a response has nothing to learn, or a conversation cannot be laid out.
    """
    tokenizer = pretrained.tokenizer
    padding = int(tokenizer.pad_token_id or 0)
    if pretrained.kind == "causal":
        examples = causal_examples(split, tokenizer, pretrained.max_length, separator)
        positions = None
        if packing:
            examples, places = packed(examples, pretrained.max_length)
            positions = [torch.tensor(each) for each in places]
        return Encoded(
            ids=[torch.tensor(ids) for ids, _ in examples],
            kinds=None,
            targets=[torch.tensor(targets) for _, targets in examples],
            padding=padding,
            positions=positions,
        )
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
