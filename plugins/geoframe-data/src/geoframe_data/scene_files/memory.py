"""RGB-D scenes in memory to a file; see :mod:`geoframe_data.memory`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from geoframe_data.scene_files.archive import write_npz
from geoframe_data.scenes import Scenes


def write_scenes(data: Any, labels: Any, folder: Path) -> Mapping[str, Any] | None:
    """Write :class:`Scenes`, or a mapping of the arrays that :func:`read_npz` reads.

    ``labels``, if there are any, are instance masks ``(n, h, w)``.
    """
    path = folder / "scenes.npz"
    if isinstance(data, Scenes):
        write_npz(path, data)
        return {"path": str(path)}
    if not isinstance(data, Mapping) or not {"rgb", "depth"} <= set(data):
        return None
    arrays = {str(name): np.asarray(array) for name, array in data.items()}
    if labels is not None:
        arrays["seg"] = np.asarray(labels)
    np.savez(path, allow_pickle=False, **arrays)
    return {"path": str(path)}
