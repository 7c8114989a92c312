"""A classifier on the mean of a model's token states."""

from __future__ import annotations

from typing import Any

import torch.nn.functional as F
from torch import Tensor, nn
from transformers import PreTrainedModel
from transformers.modeling_outputs import SequenceClassifierOutput


class MeanPooledClassifier(nn.Module):
    """Linear map of the mean of the last hidden states, standardised for each text.

    For models that were trained to be read in this way, as sentence embedders are. Layers have
    the names that they have in transformers' own classifier of the model.

    Parameters
    ----------
    base
        A transformers model that returns ``last_hidden_state (n, tokens, d)``.
    """

    def __init__(self, base: PreTrainedModel) -> None:
        super().__init__()
        self.outputs = int(base.config.num_labels or 1)
        self.config = base.config
        self.name_or_path = base.name_or_path
        self.base_model_prefix = str(base.base_model_prefix) or "model"
        self.add_module(self.base_model_prefix, base)
        self.classifier = nn.Linear(int(base.config.hidden_size), self.outputs)

    def forward(
        self,
        input_ids: Tensor,
        attention_mask: Tensor,
        labels: Tensor | None = None,
        **inputs: Any,
    ) -> SequenceClassifierOutput:
        """Return loss (with ``labels``) and logits ``(n, num_labels)``."""
        base = self.get_submodule(self.base_model_prefix)
        states = base(input_ids=input_ids, attention_mask=attention_mask, **inputs)[0]
        share = attention_mask.unsqueeze(-1).to(states.dtype)
        mean = (states * share).sum(1) / share.sum(1)
        logits = self.classifier(F.layer_norm(mean, mean.shape[-1:]))
        loss = None
        if labels is not None and self.outputs == 1:
            loss = F.mse_loss(logits.squeeze(-1), labels.to(logits.dtype))
        elif labels is not None:
            loss = F.cross_entropy(logits, labels)
        return SequenceClassifierOutput(loss=loss, logits=logits)
