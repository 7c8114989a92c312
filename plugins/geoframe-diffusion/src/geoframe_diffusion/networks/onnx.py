"""Denoisers in ONNX files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from torch import Tensor

from geoframe import ConfigError, DataError
from geoframe.data import shown
from geoframe_diffusion.prediction import Prediction, clean_of
from geoframe_diffusion.sampling import DenoisingSampler
from geoframe_diffusion.schedule import by_row
from geoframe_diffusion.schedule import schedule as schedule_named


class OnnxDenoiser(DenoisingSampler):
    """A network that onnxruntime evaluates; its answers carry no gradient.

    Parameters
    ----------
    **options
        The fields of :class:`~geoframe_diffusion.networks.config.OnnxDenoiserConfig`.

    Raises
    ------
    ConfigError
        If onnxruntime is missing, cannot read the file, or an input has another name.
    """

    def __init__(
        self,
        *,
        path: Path,
        shape: Sequence[int] = (3, 64, 64),
        schedule: str = "edm",
        prediction: Prediction = "sample",
        level: str = "sigma",
        inputs: Sequence[str] = ("sample", "sigma"),
        data_std: float = 0.0,
        steps: int = 50,
    ) -> None:
        super().__init__()
        self.steps, self.prediction, self.level = steps, prediction, level
        self.schedule = schedule_named(schedule)
        self.data_std, self._shape, self.inputs = data_std, tuple(shape), tuple(inputs)
        self.session = _session(Path(path))
        known = [each.name for each in self.session.get_inputs()]
        for name in self.inputs:
            if name not in known:
                raise ConfigError(
                    [f"prior.inputs: {path} has no input '{name}'; it has {', '.join(known)}"]
                )
        if len(self.inputs) not in (2, 3):
            raise ConfigError(["prior.inputs: name the state, the level, and perhaps the label"])
        self._types = {each.name: each.type for each in self.session.get_inputs()}

    @property
    def item_shape(self) -> tuple[int, ...]:
        """Channels, height and width."""
        return self._shape

    def fit(self, data: Tensor) -> Self:
        """Check that items have the model's shape; there is nothing to learn."""
        if tuple(data.shape[1:]) != self.item_shape:
            raise DataError(f"the model takes items {self.item_shape}, not {tuple(data.shape[1:])}")
        return self

    @torch.no_grad()
    def denoise(
        self, noisy: Tensor, sigma: float | Tensor, condition: Tensor | None = None
    ) -> Tensor:
        """Posterior mean ``(B, C, H, W)``."""
        wide = by_row(torch.as_tensor(sigma, dtype=noisy.dtype).expand(len(noisy)), noisy)
        assert isinstance(wide, Tensor)
        alpha = self.schedule.signal(wide)
        state = alpha * noisy
        shown_state = state
        if self.data_std:  # EDM, Karras et al. 2022, table 1
            total = (wide**2 + self.data_std**2).sqrt()
            shown_state = noisy / total
        values = [shown_state, self._told(wide.flatten())]
        if len(self.inputs) == 3:
            rows = torch.full((len(noisy),), -1) if condition is None else condition
            values.append(rows)
        feed = {
            name: _as_input(value, self._types[name])
            for name, value in zip(self.inputs, values, strict=True)
        }
        output = torch.from_numpy(self.session.run(None, feed)[0]).to(noisy)
        if self.data_std:
            return self.data_std**2 / total**2 * noisy + wide * self.data_std / total * output
        return clean_of(self.prediction, output, state, alpha, alpha * wide)

    def _told(self, sigma: Tensor) -> Tensor:
        if self.level == "sigma":
            return sigma
        if self.level == "log-sigma":
            return sigma.log() / 4
        return torch.tensor([self.schedule.level(float(each)) for each in sigma])


def _as_input(value: Tensor, kind: str) -> Any:
    types: dict[str, Any] = {"float": np.float32, "double": np.float64, "float16": np.float16}
    types |= {"int64": np.int64, "int32": np.int32}
    return value.numpy(force=True).astype(types[kind[len("tensor(") : -1]])


def _session(path: Path) -> Any:
    try:
        import onnxruntime  # type: ignore[import-untyped]
    except ImportError:
        raise ConfigError(
            ["prior: onnxruntime is missing; pip install 'geoframe-diffusion[onnx]'"]
        ) from None
    if not path.is_file():
        raise ConfigError([f"prior.path: {path}: no such file"])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime raises types of its own
        raise ConfigError(
            [f"prior.path: {path}: not a readable ONNX file: {shown(error)}"]
        ) from None
