"""A task ready to train on: the pretrained model, and its examples as token numbers."""

from __future__ import annotations

from collections.abc import Callable

import attrs
from torch import Tensor, nn

from geoframe.errors import ConfigError
from geoframe_asymlora.config import AsymLoRAConfig
from geoframe_asymlora.text.encoding import Encoded, encode
from geoframe_asymlora.text.pretrained import Pretrained, open_pretrained
from geoframe_asymlora.text.scoring import DEFAULT_METRIC, LESS_IS_BETTER, measures, predict
from geoframe_data import Split, Texts


@attrs.frozen(kw_only=True, eq=False)
class Task:
    """What every training of a run shares."""

    pretrained: Pretrained
    train: Encoded
    validation: Encoded
    test: Encoded | None
    metric: str
    batch_size: int
    """Examples of an evaluation step."""
    precision: str
    """Precision of the forward pass, as in training."""

    def measure(self, model: nn.Module, data: Encoded) -> dict[str, float]:
        """Measure a model on examples."""
        kind = self.pretrained.kind
        predictions = predict(
            model, data, self.batch_size, logits=kind != "causal", precision=self.precision
        )
        return measures(predictions, data, kind)

    def better(self, first: float, second: float) -> bool:
        """Whether the first value of :attr:`metric` is better than the second."""
        return first < second if self.metric in LESS_IS_BETTER else first > second

    def loss_of(self, model: nn.Module, examples: int) -> Callable[[], Tensor]:
        """Return what computes the loss of the longest ``examples`` training examples."""
        rows = self.train.lengths().argsort(descending=True, stable=True)[:examples].tolist()

        def loss() -> Tensor:
            device = next(model.parameters()).device
            found: Tensor = model(**self.train.batch(rows, device)).loss
            return found

        return loss


def open_task(config: AsymLoRAConfig, examples: Texts) -> Task:
    """Load tokenizer and examples.

    Raises
    ------
    ConfigError
        If the metric is none of this kind of task.
    DataError
        If the model cannot be loaded.
    """
    pretrained = open_pretrained(
        config.model, kind=examples.kind, outputs=max(1, len(examples.classes))
    )
    if config.model.packing and examples.kind != "causal":
        raise ConfigError(
            [
                f"model.packing: examples of {examples.kind} are read as wholes; only what is "
                "learned to be written can be packed"
            ]
        )
    encoded = {
        name: encode(
            split,
            pretrained,
            examples.separator,
            packing=config.model.packing and name == "train",
        )
        for name, split in _splits(examples).items()
    }
    return Task(
        pretrained=pretrained,
        train=encoded["train"],
        validation=encoded["validation"],
        test=encoded.get("test"),
        metric=_metric(config.evaluation.metric, examples),
        batch_size=config.evaluation.batch_size,
        precision=getattr(config.trainer.options, "precision", "float32"),
    )


def _splits(examples: Texts) -> dict[str, Split]:
    splits = {"train": examples.train, "validation": examples.validation, "test": examples.test}
    return {name: split for name, split in splits.items() if split is not None}


KNOWN = {
    "classification": ("accuracy", "matthews", "f1", "loss"),
    "regression": ("pearson", "spearman", "rmse", "loss"),
    "causal": ("loss", "perplexity"),
}
"""Kind of task -> its measures."""


def _metric(wanted: str, examples: Texts) -> str:
    metric = examples.metric or DEFAULT_METRIC[examples.kind] if wanted == "auto" else wanted
    if metric not in KNOWN[examples.kind]:
        raise ConfigError(
            [
                f"evaluation.metric: '{metric}' is no measure of {examples.kind}; "
                f"choose from {', '.join(KNOWN[examples.kind])}"
            ]
        )
    return metric
