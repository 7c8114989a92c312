"""What the trainer minimises: a model's own loss on batches of encoded examples."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn

from geoframe import Objective
from geoframe_asymlora.text.accumulation import accumulated
from geoframe_asymlora.text.causal import IGNORED
from geoframe_asymlora.text.encoding import Encoded


class FineTuning(Objective):
    """A transformers model on encoded examples.

    The state that is kept in checkpoints is the adapters' and whatever else is trained, not the
    pretrained model.

    Parameters
    ----------
    model
        What is trained: an adapted model, or the model itself.
    data
        The training examples.
    parts
        Parts of a batch, sorted by length, each padded by itself; of one at a time is kept what
        its backward pass needs.
    validate
        Measures the model for early stopping.
    """

    def __init__(
        self,
        model: nn.Module,
        data: Encoded,
        *,
        parts: int = 1,
        validate: Callable[[], Mapping[str, float]] | None = None,
    ) -> None:
        super().__init__()
        self.model = model
        self.data = data
        self.parts = parts
        self.validate = validate
        self._lengths = data.lengths()

    def __len__(self) -> int:
        return len(self.data)

    def forward(self, items: Tensor) -> Mapping[str, Tensor]:
        """Return the mean loss of a batch of examples (of tokens, where tokens are predicted)."""
        order = items.cpu()[self._lengths[items.cpu()].argsort(descending=True, stable=True)]
        parts = order.tensor_split(min(self.parts, len(order)))
        batches = [self.data.batch(rows.tolist(), items.device) for rows in parts]
        weights = torch.stack([weight_of(batch["labels"]) for batch in batches])
        shares = (weights / weights.sum()).tolist()

        def losses() -> Iterator[Tensor]:
            for batch, share in zip(batches, shares, strict=True):
                loss: Tensor = self.model(**batch).loss
                yield share * loss

        trained = [each for each in self.parameters() if each.requires_grad]
        if len(parts) == 1 or not (trained and torch.is_grad_enabled()):
            return {"loss": torch.stack(list(losses())).sum()}
        return {"loss": accumulated(losses, trained)}

    def evaluate(self) -> Mapping[str, float]:
        """Measure on the validation part."""
        return {} if self.validate is None else self.validate()

    def state_dict(  # type: ignore[override]  # of two overloads
        self, *args: Any, **kwargs: Any
    ) -> dict[str, Any]:
        """Return what training changes, and frozen factors of adapters."""
        kept = {
            f"{kwargs.get('prefix', '')}{name}"
            for name, parameter in self.named_parameters()
            if parameter.requires_grad or ".lora_" in name
        }
        state = super().state_dict(*args, **kwargs)
        return {name: tensor for name, tensor in state.items() if name in kept}

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> Any:
        """Take up what :meth:`state_dict` returned."""
        if strict and state_dict.keys() != self.state_dict().keys():
            different = sorted(state_dict.keys() ^ self.state_dict().keys())[0]
            raise RuntimeError(f"the state does not fit the model: '{different}'")
        return super().load_state_dict(state_dict, strict=False, assign=assign)


def weight_of(labels: Tensor) -> Tensor:
    """Count what a mean loss is the mean of: examples, or tokens that are learned."""
    if labels.ndim < 2:
        return torch.tensor(float(len(labels)))
    return (labels[:, 1:] != IGNORED).sum().clamp_min(1).float().cpu()


def passes_over(data: Encoded, batches: int, size: int) -> Callable[[nn.Module], Iterator[Tensor]]:
    """Return what lets an adapter look at the first ``batches`` batches of ``data``."""

    def passes(model: nn.Module) -> Iterator[Tensor]:
        device = next(model.parameters()).device
        for start in range(0, min(len(data), batches * size), size):
            rows = range(start, min(len(data), start + size))
            yield model(**data.batch(list(rows), device)).loss

    return passes
