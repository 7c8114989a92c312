"""Whether the objects of a scene stay where they were seen: a second in MuJoCo. Torch-free."""

from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np

from geoframe.errors import GeoframeError

SECONDS = 1.0
MOST_METRES, MOST_DEGREES = 0.01, 10.0
"""How far an object at rest may have moved and turned."""


@attrs.frozen(kw_only=True)
class Rest:
    """What became of one object."""

    label: int
    moved: float
    """Metres."""
    turned: float
    """Degrees."""

    @property
    def stable(self) -> bool:
        """Whether it stayed within a centimetre and ten degrees."""
        return self.moved < MOST_METRES and self.turned < MOST_DEGREES


def simulate(model_file: Path) -> list[Rest]:
    """Let the bodies of a written ``scene.xml`` fall for a second; one entry for each.

    Raises
    ------
    GeoframeError
        If MuJoCo is not installed.
    """
    try:
        import mujoco
    except ImportError:
        raise GeoframeError(
            "--simulate needs MuJoCo: pip install 'geoframe-dreamup3d[simulate]'"
        ) from None
    model = mujoco.MjModel.from_xml_path(str(model_file))
    data = mujoco.MjData(model)
    mujoco.mj_forward(model, data)
    start = data.qpos.copy().reshape(-1, 7)  # of each free body: place, then quaternion
    while data.time < SECONDS:
        mujoco.mj_step(model, data)
    end = data.qpos.reshape(-1, 7)
    moved = np.linalg.norm(end[:, :3] - start[:, :3], axis=1)
    alike = np.abs((end[:, 3:] * start[:, 3:]).sum(1))
    turned = 2 * np.degrees(np.arccos(np.clip(alike, 0, 1)))
    return [
        Rest(label=k + 1, moved=float(m), turned=float(t))
        for k, (m, t) in enumerate(zip(moved, turned, strict=True))
    ]
