"""What a finished run trained: predictions for new texts, and files for other programs."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

import attrs
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from geoframe.adapter import Adapter
from geoframe.errors import RunError
from geoframe.run.directory import Run
from geoframe_asymlora.config import AsymLoRAConfig
from geoframe_asymlora.data import load_texts, new_texts
from geoframe_asymlora.files.adapter_file import is_compact, read_adapter
from geoframe_asymlora.files.export import export_peft
from geoframe_asymlora.files.hub import model_digest
from geoframe_asymlora.files.stored import ADAPTER, HEAD
from geoframe_asymlora.text.encoding import encode
from geoframe_asymlora.text.export import export_model, write_guide
from geoframe_asymlora.text.pretrained import Pretrained, open_pretrained
from geoframe_asymlora.text.scoring import predict, token_losses
from geoframe_data import Split

if TYPE_CHECKING:
    import pandas as pd


@attrs.frozen(kw_only=True, eq=False, repr=False)
class TrainedText:
    """A fine-tuned model."""

    run: Run
    """The run that trained it."""
    model: nn.Module
    """The adapted model, in eval mode."""
    adapter: Adapter
    pretrained: Pretrained
    classes: tuple[str, ...]
    text: str
    """Column of the text in files."""
    text_b: str | None
    """Column of the second text."""

    @property
    def tokenizer(self) -> object:
        """The tokenizer of the pretrained model."""
        return self.pretrained.tokenizer

    def predict(
        self, texts: Sequence[str], seconds: Sequence[str] | None = None
    ) -> dict[str, NDArray[np.float32]]:
        """Return ``probability_<class>`` for every class, or ``prediction``; ``(n,)`` each.

        Raises
        ------
        RunError
            If the model writes text: use ``model.generate``.
        """
        if self.pretrained.kind == "causal":
            raise RunError("this run's model writes text; load it and call model.generate")
        split = Split(texts=texts, seconds=seconds, targets=[0.0] * len(texts))
        data = encode(split, self.pretrained)
        outputs = predict(self.model, data, 64, logits=True).outputs
        if self.pretrained.kind == "regression":
            return {"prediction": outputs[:, 0]}
        shares = torch.from_numpy(outputs).softmax(1).numpy()
        return {f"probability_{name}": shares[:, k] for k, name in enumerate(self.classes)}

    def apply(self, data: str | PathLike[str]) -> pd.DataFrame:
        """Predict for each row of a file with the columns that the run was trained on.

        Returns
        -------
        DataFrame
            ``prediction``, a class or a number, and for classes ``probability_<class>`` each.

        Raises
        ------
        DataError
            If the file cannot be read or lacks a column.
        """
        return self._told(*new_texts(Path(data), self.text, self.text_b)).rename_axis("row")

    def _told(self, texts: Sequence[str], seconds: Sequence[str] | None) -> pd.DataFrame:
        """Return ``prediction``, and the probability of every class."""
        import pandas as pd

        found = pd.DataFrame(self.predict(texts, seconds))
        if self.classes:
            chosen = found.to_numpy().argmax(axis=1)
            found.insert(0, "prediction", [self.classes[k] for k in chosen])
        return found

    def to_frame(self) -> pd.DataFrame:
        """What was learned of each training text.

        Returns
        -------
        DataFrame
            ``text`` and, for classes and numbers, ``label`` beside what :meth:`apply` gives; for
            what is learned to be written the mean ``loss`` of its tokens.

        Raises
        ------
        DataError
            If the training file is not where it was, or has changed.
        """
        import pandas as pd

        config: AsymLoRAConfig = self.run.config
        texts = load_texts(config.data)
        self.run.check_data(sha256=texts.fingerprint())
        train = texts.train
        found = pd.DataFrame({"text": list(train.texts)})
        if train.seconds is not None:
            found["second"] = list(train.seconds)
        if texts.kind == "causal":
            data = encode(train, self.pretrained, texts.separator)
            if len(data) != len(found):  # long texts are learned in pieces
                pieces = [self.pretrained.tokenizer.decode(ids) for ids in data.ids]
                found = pd.DataFrame({"text": pieces})
            found["loss"] = token_losses(self.model, data)
        else:
            numbers = [self.classes[int(k)] if self.classes else k for k in train.targets]
            found["label"] = numbers
            told = self._told(train.texts, train.seconds)
            found = pd.concat([found, told], axis=1)
        return found.rename_axis("row")

    def export(self, folder: Path) -> Sequence[Path]:
        """Write what peft and transformers alone load to the same outputs."""
        return export_run(self.run, folder)

    def __repr__(self) -> str:
        kind = f"{len(self.classes)} classes" if self.classes else self.pretrained.kind
        return f"TrainedText({self.pretrained.path}, {kind})"


def load_trained(run: Run) -> TrainedText:
    """Load the pretrained model again and attach what the run trained.

    Raises
    ------
    RunError
        If the run was a comparison or the linear experiment, which keep no model.
    DataError
        If the pretrained model is not where it was.
    """
    config: AsymLoRAConfig = run.config
    folder = _adapter_folder(run)
    facts = run.read_json("task")
    pretrained = open_pretrained(config.model, kind=facts["kind"], outputs=facts["outputs"])
    run.check_data(model_sha256=model_digest(pretrained.path))
    model = pretrained.model()
    adapter: Adapter = config.adapter.spec.load().load(model, folder)  # type: ignore[attr-defined]
    if not is_compact(folder):
        adapter.adapted.load_state_dict(run.read_tensors(HEAD), strict=False)
    return TrainedText(
        run=run,
        model=adapter.adapted.eval(),
        adapter=adapter,
        pretrained=pretrained,
        classes=tuple(facts["classes"]),
        text=facts["text"],
        text_b=facts["text_b"],
    )


def export_run(run: Run, folder: Path) -> list[Path]:
    """Write what a run trained so that peft and transformers alone give the same outputs.

    That is a plain peft adapter with tokenizer and guide or, where no class of transformers pools
    as ``model.head = "mean"`` does, the whole model. A stranger's adapter is written as its own
    ``save`` did, with the output layer beside it.
    """
    kept = _adapter_folder(run)
    config: AsymLoRAConfig = run.config
    facts = run.read_json("task")
    if facts["kind"] != "causal" and config.model.head == "mean":
        trained = load_trained(run)
        return export_model(trained.adapter.merge(), folder, trained.pretrained, trained.classes)
    if is_compact(kept):
        export_peft(read_adapter(kept), folder)
        pretrained = open_pretrained(config.model, kind=facts["kind"], outputs=facts["outputs"])
        return write_guide(folder, pretrained, facts["classes"])
    files = [Path(shutil.copy(each, folder)) for each in sorted(kept.iterdir()) if each.is_file()]
    return [*files, Path(shutil.copy(run.path / f"{HEAD}.safetensors", folder))]


def _adapter_folder(run: Run) -> Path:
    folder = run.path / ADAPTER
    if not folder.is_dir():
        raise RunError(
            f"{run.path}: keeps no adapter (a comparison or the linear experiment); run the mode "
            "you want with compare = false"
        )
    return folder
