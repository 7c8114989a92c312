"""Files of a finished run that plain peft and transformers load, with the lines that do it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from geoframe.run.files import explained, write_bytes
from geoframe_asymlora.text.pooled import MeanPooledClassifier
from geoframe_asymlora.text.pretrained import Pretrained, quietly

README = "README.md"
FACTORIES = {"causal": "AutoModelForCausalLM"}
"""Kind of task -> class of transformers that loads its model, if not a classifier's."""


def loading_options(pretrained: Pretrained, classes: Sequence[str]) -> dict[str, Any]:
    """Return what ``from_pretrained`` has to be told to build the model that was trained."""
    options: dict[str, Any] = {"dtype": "float32"}
    if pretrained.kind == "causal":
        return options
    options["num_labels"] = pretrained.outputs
    if classes:
        options["id2label"] = dict(enumerate(classes))
    if pretrained.tokenizer.pad_token_id is not None:
        options["pad_token_id"] = int(pretrained.tokenizer.pad_token_id)
    if pretrained.replaced is not None:
        options["ignore_mismatched_sizes"] = True
    return options


def write_guide(folder: Path, pretrained: Pretrained, classes: Sequence[str]) -> list[Path]:
    """Write the tokenizer, and how an adapter in ``folder`` is loaded without geoframe."""
    factory = FACTORIES.get(pretrained.kind, "AutoModelForSequenceClassification")
    given = "".join(
        f", {name}={value!r}" for name, value in loading_options(pretrained, classes).items()
    )
    lines = [
        "from peft import PeftModel",
        f"from transformers import {factory}, AutoTokenizer",
        "",
        'tokenizer = AutoTokenizer.from_pretrained(".")',
        f"base = {factory}.from_pretrained({pretrained.path!r}{given})",
        'model = PeftModel.from_pretrained(base, ".").eval()',
    ]
    return _described(folder, pretrained, "A LoRA adapter, as peft writes it", lines)


def export_model(
    model: nn.Module, folder: Path, pretrained: Pretrained, classes: Sequence[str]
) -> list[Path]:
    """Write a whole model that reads a text by the mean of its token states.

    No class of transformers pools in this way, so an adapter of it would be loaded into a model
    that gives other numbers. The folder carries the class along.

    Parameters
    ----------
    model
        A plain :class:`MeanPooledClassifier`, its adapter merged.
    """
    assert isinstance(model, MeanPooledClassifier)
    if classes:
        names: Mapping[int, str] = dict(enumerate(classes))
        model.config.id2label = dict(names)
        model.config.label2id = {name: number for number, name in names.items()}
    with explained(folder), quietly():
        folder.mkdir(parents=True, exist_ok=True)
        model.save_pretrained(folder)
    lines = [
        "from transformers import AutoModelForSequenceClassification, AutoTokenizer",
        "",
        'tokenizer = AutoTokenizer.from_pretrained(".")',
        "model = AutoModelForSequenceClassification.from_pretrained(",
        '    ".", trust_remote_code=True, dtype="float32"',
        ").eval()",
    ]
    return _described(folder, pretrained, "A whole model; its class is in pooled.py", lines)


def _described(folder: Path, pretrained: Pretrained, what: str, lines: Sequence[str]) -> list[Path]:
    """Write tokenizer and guide; return all files of the folder."""
    with explained(folder), quietly():
        pretrained.tokenizer.save_pretrained(folder)
    if pretrained.kind != "causal":
        lines = [*lines, *_asking(pretrained)]
    code = "\n".join(lines)
    guide = f"{what}. In this folder, without geoframe:\n\n```python\n{code}\n```\n"
    write_bytes(folder / README, guide.encode())
    return sorted(path for path in folder.iterdir() if path.is_file())


def _asking(pretrained: Pretrained) -> list[str]:
    return [
        "",
        'texts = ["a text"]  # of pairs: texts, seconds',
        "inputs = tokenizer(",
        f"    texts, truncation=True, max_length={pretrained.max_length}, padding=True, "
        'return_tensors="pt"',
        ")",
        "logits = model(**inputs).logits",
    ]
