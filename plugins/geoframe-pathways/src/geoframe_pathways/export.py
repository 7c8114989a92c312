"""A trained model for use without geoframe."""

from __future__ import annotations

import shutil
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoframe import PluginError
from geoframe.run.files import explained, write_bytes
from geoframe_pathways.experts import reader
from geoframe_pathways.experts.model import Pathways
from geoframe_pathways.experts.pack import PACK

if TYPE_CHECKING:
    import onnx

OPSET = 17
SHOWN_AS_ONNX = 64
"""Experts that an export writes as ONNX files, most."""


def export_model(model: Pathways, folder: Path) -> list[Path]:
    """Write the pack, a reader that needs numpy alone and, where onnx is installed, experts.

    Raises
    ------
    RunError
        If the disk refuses.
    """
    written = [folder / PACK, folder / "pathways_reader.py"]
    with explained(folder):
        model.save(written[0])
        shutil.copyfile(str(reader.__file__), written[1])
    try:
        experts = range(min(model.experts, SHOWN_AS_ONNX))
        images = [onnx_expert(model, expert).SerializeToString() for expert in experts]
    except PluginError:
        return written  # an export without ONNX is complete for most
    with explained(folder):
        (folder / "onnx").mkdir(exist_ok=True)
    for expert, image in zip(experts, images, strict=True):
        path = folder / "onnx" / f"expert-{expert:05d}.onnx"
        write_bytes(path, image)
        written.append(path)
    return written


def onnx_expert(model: Pathways, expert: int) -> onnx.ModelProto:
    """Return one expert as an ONNX graph: encoded inputs ``x (n, inputs)`` -> ``y (n, outputs)``.

    Centring and scaling of the cell are part of the graph, the mean over the expert's networks,
    and for regression the target's units; for classification it puts out probabilities before
    smoothing.

    Raises
    ------
    PluginError
        If onnx is not installed.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise PluginError(
            "writing ONNX needs onnx: pip install 'geoframe-pathways[onnx]'"
        ) from None
    shape, count = model.shape, model.metadata.networks
    nodes: list[Any] = []
    constants: dict[str, np.ndarray] = {}
    answers = ["y"] if count == 1 else [f"y_{network}" for network in range(count)]
    for network, answer in enumerate(answers):
        value = "x"
        steps = _steps(model, model.rows.row(expert * count + network))
        for place, (kind, named) in enumerate(steps):
            own = {f"{name}_{network}": array for name, array in named.items()}
            constants |= own
            result = answer if place == len(steps) - 1 else f"h{place}_{network}"
            nodes.append(helper.make_node(kind, [value, *own], [result]))
            value = result
    if count > 1:
        nodes.append(helper.make_node("Mean", answers, ["y"]))
    graph = helper.make_graph(
        nodes,
        f"expert {expert}",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", shape.inputs])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", shape.outputs])],
        [
            numpy_helper.from_array(np.ascontiguousarray(array, dtype=np.float32), name)
            for name, array in constants.items()
        ],
    )
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8)
    onnx.checker.check_model(made)
    return made


def _steps(model: Pathways, row: np.ndarray) -> list[tuple[str, dict[str, np.ndarray]]]:
    """Operators of one network, in order, each with its constants by name."""
    shape = model.shape
    steps: list[tuple[str, dict[str, np.ndarray]]] = [
        ("Sub", {"centre": row[: shape.inputs]}),
        ("Mul", {"inverse_scale": row[shape.inputs : shape.inputs + 1]}),
    ]
    bounds = accumulate(shape.sizes, initial=shape.inputs + 1)
    pieces = iter([row[start:stop] for start, stop in pairwise(bounds)])
    for layer, fans in enumerate(shape.layers):
        weight = next(pieces).reshape(fans)
        steps.append(("Gemm", {f"weight{layer}": weight, f"bias{layer}": next(pieces)}))
        if layer < shape.hidden and shape.activation == "prelu":
            steps.append(("PRelu", {f"slope{layer}": next(pieces)}))
        elif layer < shape.hidden:
            steps.append(("Relu", {}))
    if model.metadata.task == "classification":
        return [*steps, ("Softmax", {})]
    scale, offset = (np.array(each) for each in (model.metadata.scale, model.metadata.offset))
    return [*steps, ("Mul", {"target_scale": scale}), ("Add", {"target_offset": offset})]
