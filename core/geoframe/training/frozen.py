"""What does not train is left out of checkpoints, and recognised when a run goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from geoframe.errors import RunError


class FrozenParts:
    """The parameters of a module that do not train, as they were when a training began.

    They are whatever the method builds anew when a run goes on: a pretrained network beside the
    adapter that trains, say. One that somebody has changed in the meantime is kept like the rest.
    """

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.digests = {
            name: _digest(value)
            for name, value in module.state_dict(keep_vars=True).items()
            if isinstance(value, nn.Parameter) and not value.requires_grad
        }

    def unchanged(self) -> dict[str, str]:
        """Names and digests of those that are as they were."""
        now = self.module.state_dict()
        return {name: old for name, old in self.digests.items() if _digest(now[name]) == old}

    def rest(self, without: Mapping[str, str]) -> dict[str, Tensor]:
        """State of the module without these parameters."""
        state = self.module.state_dict()
        return {name: value for name, value in state.items() if name not in without}

    def load(self, state: Mapping[str, Tensor], left_out: Mapping[str, str]) -> None:
        """Give the module a state that was kept without some parameters.

        Raises
        ------
        RunError
            If one of these is not what it was then.
        """
        for name, digest in left_out.items():
            if self.digests.get(name) != digest:
                raise RunError(
                    f"'{name}', which does not train, is not what it was when the run was "
                    "interrupted; bring the old pretrained model back or start another run"
                )
        own = self.module.state_dict()
        self.module.load_state_dict({**{name: own[name] for name in left_out}, **state})


def _digest(tensor: Tensor) -> str:
    plain = tensor.detach().cpu().contiguous().flatten().view(torch.uint8)
    return hashlib.blake2b(plain.numpy().data, digest_size=16).hexdigest()
