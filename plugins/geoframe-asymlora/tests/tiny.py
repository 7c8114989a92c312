"""Small transformers models with random weights, and texts for them."""

from __future__ import annotations

import random
from pathlib import Path

import torch
import transformers
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from tokenizers.processors import TemplateProcessing
from transformers import (
    BertConfig,
    BertForSequenceClassification,
    BertModel,
    GPT2Config,
    GPT2LMHeadModel,
    PreTrainedTokenizerFast,
)

GOOD = ("good", "lovely", "bright", "warm")
BAD = ("bad", "awful", "dull", "cold")
OTHER = ("the", "film", "was", "a", "and", "very", "story")
SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[EOS]")


def tokenizer(*, pairs: bool) -> PreTrainedTokenizerFast:
    """Build a tokenizer whose words are those of this module."""
    words = {word: number for number, word in enumerate((*SPECIAL, *GOOD, *BAD, *OTHER))}
    inner = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    inner.pre_tokenizer = Whitespace()
    if pairs:
        inner.post_processor = TemplateProcessing(
            single="[CLS] $A [SEP]",
            pair="[CLS] $A [SEP] $B:1 [SEP]:1",
            special_tokens=[("[CLS]", words["[CLS]"]), ("[SEP]", words["[SEP]"])],
        )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        pad_token="[PAD]",
        unk_token="[UNK]",
        eos_token="[EOS]",
        model_input_names=["input_ids", "token_type_ids", "attention_mask"]
        if pairs
        else ["input_ids", "attention_mask"],
    )


def bert_config(**options) -> BertConfig:
    small = {
        "vocab_size": 32,
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 32,
        "pad_token_id": 0,
    }
    return BertConfig(**{**small, **options})


def bert(**options) -> BertForSequenceClassification:
    """Return a random classifier."""
    torch.manual_seed(3)
    return BertForSequenceClassification(bert_config(**options))


def batch(rows: int = 4, length: int = 6) -> dict[str, torch.Tensor]:
    """Return a batch for :func:`bert`."""
    generator = torch.Generator().manual_seed(11)
    ids = torch.randint(5, 20, (rows, length), generator=generator)
    labels = torch.arange(rows) % 2
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids), "labels": labels}


def save_bert(folder: Path) -> Path:
    torch.manual_seed(3)
    BertModel(bert_config(initializer_range=0.1)).save_pretrained(folder)
    tokenizer(pairs=True).save_pretrained(folder)
    return folder


def save_gpt(folder: Path) -> Path:
    torch.manual_seed(4)
    config = GPT2Config(
        vocab_size=32,
        n_positions=32,
        n_embd=24,
        n_layer=2,
        n_head=2,
        bos_token_id=4,
        eos_token_id=4,
        initializer_range=0.3,
    )
    GPT2LMHeadModel(config).save_pretrained(folder)
    tokenizer(pairs=False).save_pretrained(folder)
    return folder


def reviews(rows: int, seed: int = 0) -> list[tuple[str, str]]:
    """Return (label, text) where the label can be learned from one word."""
    draw = random.Random(seed)
    found = []
    for _ in range(rows):
        label = draw.choice(("neg", "pos"))
        words = [draw.choice(OTHER) for _ in range(draw.randint(2, 8))]
        words.insert(draw.randrange(len(words)), draw.choice(GOOD if label == "pos" else BAD))
        found.append((label, " ".join(words)))
    return found


def write_reviews(path: Path, rows: int, seed: int = 0) -> Path:
    lines = ["label\ttext", *("\t".join(row) for row in reviews(rows, seed))]
    path.write_text("\n".join(lines) + "\n")
    return path


transformers.logging.set_verbosity_error()
