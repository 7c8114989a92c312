"""A network as files that run without geoframe: torch.export and ONNX."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

import torch
from torch import Tensor, nn

from geoframe.run.files import explained


def export_network(
    network: nn.Module,
    example: tuple[Tensor, ...],
    path: Path,
    names: tuple[Sequence[str], Sequence[str]],
) -> list[Path]:
    """Write ``<path>.pt2`` and, where onnx is installed, ``<path>.onnx``.

    Parameters
    ----------
    example
        Inputs of the shapes that the files will take.
    names
        Names of inputs and of outputs.
    """
    written = [path.with_suffix(".pt2")]
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # exporters warn of their own future
        program = torch.export.export(network, example)
        with explained(path):
            torch.export.save(program, written[0])
            if find_spec("onnx"):
                written.append(path.with_suffix(".onnx"))
                inputs, outputs = names
                torch.onnx.export(
                    network,
                    example,
                    written[1],
                    input_names=list(inputs),
                    output_names=list(outputs),
                    dynamo=False,
                )
    return written
