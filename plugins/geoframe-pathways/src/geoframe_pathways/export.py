"""A trained model for use without geoframe."""

from __future__ import annotations

import shutil
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geoframe import PluginError
from geoframe.run.files import explained, write_bytes
from geoframe_pathways import reader
from geoframe_pathways.method import PACK
from geoframe_pathways.model import Pathways

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

    Centring and scaling of the cell are part of the graph, and for regression the target's
    units; for classification it puts out probabilities before smoothing.

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
    shape, row = model.shape, model.rows.row(expert)
    constants: dict[str, np.ndarray] = {
        "centre": row[: shape.inputs],
        "inverse_scale": row[shape.inputs : shape.inputs + 1],
    }
    nodes: list[Any] = [
        helper.make_node("Sub", ["x", "centre"], ["offset"]),
        helper.make_node("Mul", ["offset", "inverse_scale"], ["h0"]),
    ]
    bounds = accumulate(shape.sizes, initial=shape.inputs + 1)
    pieces = iter([row[start:stop] for start, stop in pairwise(bounds)])
    for layer, (fan_in, fan_out) in enumerate(shape.layers):
        constants[f"weight{layer}"] = next(pieces).reshape(fan_in, fan_out)
        constants[f"bias{layer}"] = next(pieces)
        hidden = layer < shape.hidden
        name = f"z{layer}" if hidden else "out"
        inputs = [f"h{layer}", f"weight{layer}", f"bias{layer}"]
        nodes.append(helper.make_node("Gemm", inputs, [name]))
        if hidden and shape.activation == "prelu":
            constants[f"slope{layer}"] = next(pieces)
            nodes.append(helper.make_node("PRelu", [name, f"slope{layer}"], [f"h{layer + 1}"]))
        elif hidden:
            nodes.append(helper.make_node("Relu", [name], [f"h{layer + 1}"]))
    if model.facts.task == "regression":
        constants["target_scale"] = np.array(model.facts.scale, dtype=np.float32)
        constants["target_offset"] = np.array(model.facts.offset, dtype=np.float32)
        nodes.append(helper.make_node("Mul", ["out", "target_scale"], ["scaled"]))
        nodes.append(helper.make_node("Add", ["scaled", "target_offset"], ["y"]))
    else:
        nodes.append(helper.make_node("Softmax", ["out"], ["y"], axis=1))
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
