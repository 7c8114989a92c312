"""A classifier on the mean of a model's token states.

This file imports nothing but torch and transformers, since an exported model carries it along:
whoever has the folder has the class.
"""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, PretrainedConfig, PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput


class MeanPooledConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """Config of :class:`MeanPooledClassifier`.

    Parameters
    ----------
    base
        Config of the model whose token states are read, as a dict.
    """

    model_type = "mean-pooled"

    def __init__(self, base: dict[str, Any] | None = None, **options: Any) -> None:
        self.base = base or {}
        super().__init__(**options)


class MeanPooledClassifier(PreTrainedModel):
    """Linear map of the mean of the last hidden states, standardised for each text.

    For models that were trained to be read in this way, as sentence embedders are. Layers have
    the names that they have in transformers' own classifier of the model.

    Parameters
    ----------
    config
        Its ``num_labels`` is the number of outputs.
    base
        A transformers model that returns ``last_hidden_state (n, tokens, d)``; left out, one as
        ``config.base`` says, to be filled by ``from_pretrained``.
    """

    config_class = MeanPooledConfig
    supports_gradient_checkpointing = True

    def __init__(self, config: MeanPooledConfig, base: PreTrainedModel | None = None) -> None:
        super().__init__(config)
        if base is None:
            own = AutoConfig.for_model(**config.base)
            base = AutoModel.from_config(own)  # type: ignore[no-untyped-call]
            _drop_pooler(base)
        self.base_model_prefix = str(base.base_model_prefix) or "model"
        self.add_module(self.base_model_prefix, base)
        self.classifier = nn.Linear(int(base.config.hidden_size), int(config.num_labels or 1))
        self.post_init()  # type: ignore[no-untyped-call]

    @classmethod
    def on(cls, base: PreTrainedModel) -> MeanPooledClassifier:
        """Put a new classifier of ``base.config.num_labels`` outputs on a pretrained model."""
        _drop_pooler(base)
        config = MeanPooledConfig(
            base=base.config.to_dict(),
            num_labels=base.config.num_labels,
            problem_type=base.config.problem_type,
            pad_token_id=base.config.pad_token_id,
            name_or_path=base.name_or_path,
        )
        return cls(config, base)

    def _init_weights(self, module: nn.Module) -> None:
        """Leave weights as they are: those of the base are its own, the new ones torch's."""

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor | None = None,
        labels: Tensor | None = None,
        **inputs: Any,
    ) -> SequenceClassifierOutput:
        """Return loss (with ``labels``) and logits ``(n, num_labels)``."""
        if attention_mask is None:
            attention_mask = torch.ones_like(input_ids)
        base = self.get_submodule(self.base_model_prefix)
        states = base(input_ids=input_ids, attention_mask=attention_mask, **inputs)[0]
        share = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * share).sum(1) / share.sum(1)
        logits = self.classifier(F.layer_norm(mean, mean.shape[-1:]))
        loss = None
        if labels is not None and logits.shape[-1] == 1:
            loss = F.mse_loss(logits.squeeze(-1), labels.to(logits.dtype))
        elif labels is not None:
            loss = F.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)


def _drop_pooler(base: PreTrainedModel) -> None:
    """Take off what gives a model's own summary of a text, which is not read."""
    if getattr(base, "pooler", None) is not None:
        base.pooler = None  # type: ignore[assignment]


MeanPooledConfig.register_for_auto_class()  # type: ignore[no-untyped-call]
MeanPooledClassifier.register_for_auto_class(  # type: ignore[no-untyped-call]
    "AutoModelForSequenceClassification"
)
