"""Options of the asymlora method. Torch-free."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import attrs

from geoframe.components import Component
from geoframe.config import MethodConfig, component, option, section
from geoframe_data.options import FileOptions

Mode = Literal["adapter", "B", "B-equal", "A", "B-pca", "auto", "both", "head", "full"]
MODES: tuple[Mode, ...] = ("head", "A", "B", "B-equal", "B-pca", "both", "full")


@attrs.frozen(kw_only=True)
class TextDataConfig(FileOptions):
    """Texts with labels, or prompts with responses: the user's files, or a dataset by name."""

    path: Path | None = option(
        None,
        help="Training file, or a folder: one that 'datasets' saved to disk, with files train.*, "
        "validation.* and test.*, or with a folder of .txt files for each class; else the dataset "
        "below.",
    )
    validation: Path | None = option(None, help="File to tune on; else a part of the training.")
    test: Path | None = option(None, help="File to report on; else the validation part.")
    format: Literal["auto", "csv", "tsv", "jsonl", "json", "parquet", "feather", "xlsx"] = option(
        "auto", help="Format of the files; auto goes by their content, then their suffix."
    )
    decimal: Literal[".", ","] | None = option(
        None, help="Decimal mark of labels that are numbers; left out, it is found."
    )
    thousands: Literal[",", ".", "'", " "] | None = option(
        None, help="What stands between thousands of such labels; left out, it is found."
    )
    task: Literal["auto", "classification", "regression", "causal"] = option(
        "auto",
        help="auto: causal if there are messages, prompts with responses, instructions with "
        "outputs or nothing but texts; regression if labels are numbers with fractions, else "
        "classification. causal takes plain .txt files too, a text a paragraph.",
    )
    text: str = option("text", help="Column of the text.")
    text_b: str | None = option(None, help="Column of the second text, for pairs.")
    label: str = option("label", help="Column of the label: a class, or a number (regression).")
    prompt: str = option("prompt", help="Column of the prompt; it is read, not learned.")
    response: str = option("response", help="Column of the response, which is learned.")
    separator: str = option(
        "\n", help="Text between prompt and response, and between instruction and input."
    )
    messages: str = option(
        "messages",
        help="Column of conversations: lists of objects with role and content. What the assistant "
        "says is learned.",
    )
    as_chat: bool = option(
        False,
        help="Turn prompts and responses into conversations, by the tokenizer's chat template.",
    )
    holdout: float = option(
        0.1, gt=0, lt=1, help="Share of the training rows to validate on where there is no file."
    )
    limit: int = option(
        0, ge=0, unit="rows", help="Training rows to use, drawn at random; 0 uses all."
    )
    evaluation_limit: int = option(
        0, ge=0, unit="rows", help="Rows of each of the other parts to use; 0 uses all."
    )
    dataset: Component = component(
        "dataset",
        default={"name": "stored-text"},
        provides=("texts", "linear-problem"),
        help="The data to use when path is left out.",
    )

    def __attrs_post_init__(self) -> None:
        for name in ("validation", "test"):
            if getattr(self, name) is not None and self.path is None:
                raise ValueError(f"{name}: needs path too; a dataset brings its own")


@attrs.frozen(kw_only=True)
class ModelConfig:
    """The pretrained model."""

    path: str = option(
        "minilm",
        help="A local transformers folder, a name on the Hugging Face hub, or minilm: "
        "all-MiniLM-L6-v2 from the extra geoframe-asymlora[minilm].",
    )
    head: Literal["model", "mean"] = option(
        "model",
        help="Output layer for classes and numbers: the model's own, as transformers puts it on, "
        "or mean: a linear map of the mean token state, for sentence embedders such as minilm.",
    )
    max_length: int = option(
        128,
        ge=2,
        unit="tokens",
        help="Longer examples are cut; where the model has fewer positions, to those.",
    )
    dropout: float | None = option(
        None, ge=0, lt=1, help="Sets every dropout of the model; left out, they stay as they are."
    )
    attention: Literal["auto", "eager", "sdpa", "flash_attention_2"] = option(
        "auto",
        help="Attention as transformers names it; auto leaves the choice to transformers. With "
        "short texts in bf16 on a CPU eager is much faster.",
    )
    parts: int = option(
        1,
        ge=1,
        help="Parts of a batch, sorted by length, each padded by itself and taken one after the "
        "other (gradient accumulation): the same gradient from less padding, and the memory of one "
        "part.",
    )
    checkpointing: bool = option(
        False,
        help="Keep only what enters each block, and compute the rest again in the backward pass "
        "(gradient checkpointing): less memory, about a third more time.",
    )
    packing: bool = option(
        False,
        help="Put short examples of what is learned to be written one after the other, up to "
        "max_length, where they do not see each other: nothing is padded.",
    )
    chat_template: Path | None = option(
        None, help="Jinja file that lays out conversations; else the tokenizer's own."
    )


@attrs.frozen(kw_only=True)
class CompareConfig:
    """Which ways of fine-tuning are compared when compare = true."""

    modes: tuple[Mode, ...] = option(
        MODES,
        help="adapter: as configured. B, A, both: its variants by what is trained (both is plain "
        "LoRA with peft's start). B-equal: B with the rank that gives it as many parameters as "
        "both. B-pca: B with A from the layer's inputs. head: nothing but the output layer. "
        "full: everything.",
    )
    seeds: int = option(3, ge=1, help="Seeds of each mode at its best learning rate.")
    rates: tuple[float, ...] = option(
        (0.3, 1.0, 3.0),
        gt=0,
        help="Learning rates that are tried for each mode with the first seed, as multiples of "
        "trainer.learning_rate (for full: of full_rate).",
    )
    full_rate: float = option(1e-4, gt=0, help="Learning rate in the middle for mode full.")

    def __attrs_post_init__(self) -> None:
        for name in ("modes", "rates"):
            if not getattr(self, name):
                raise ValueError(f"{name}: name at least one")


@attrs.frozen(kw_only=True)
class TextEvaluationConfig:
    """What is measured."""

    metric: Literal[
        "auto", "accuracy", "matthews", "f1", "pearson", "spearman", "rmse", "loss", "perplexity"
    ] = option(
        "auto",
        help="Measure to tune by and to report first; auto: the dataset's own, accuracy for "
        "classes, pearson for numbers, loss for responses.",
    )
    batch_size: int = option(64, ge=1, unit="examples", help="Examples of one evaluation step.")
    memory_batch: int = option(
        8, ge=1, unit="examples", help="Examples of the batch on which saved memory is measured."
    )


@attrs.frozen(kw_only=True)
class AsymLoRAConfig(MethodConfig):
    """Fine-tuning of a transformers model by asymmetric LoRA."""

    compare: bool = option(
        False, help="Compare the modes below, each with its own best learning rate, over seeds."
    )
    model: ModelConfig = section(ModelConfig, help="The pretrained model.")
    data: TextDataConfig = section(TextDataConfig, help="What it is trained on.")
    adapter: Component = component(
        "adapter", default={"name": "asymmetric-lora"}, help="What is trained in the model."
    )
    trainer: Component = component(
        "trainer",
        default={
            "name": "gradient",
            "epochs": 3,
            "learning_rate": 0.001,
            "batch_size": 32,
            "schedule": "linear",
            "checkpoint_every": 50,
        },
        help="How it is trained.",
    )
    comparison: CompareConfig = section(CompareConfig, help="What is compared, if anything.")
    evaluation: TextEvaluationConfig = section(TextEvaluationConfig, help="What is measured.")
