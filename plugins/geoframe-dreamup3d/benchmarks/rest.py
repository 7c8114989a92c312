"""Whether found objects stay where they were seen: a second in MuJoCo, and their URDFs in PyBullet.

On the stored YCB scenes (GEOFRAME_DATA), with clusters or with the masks of a finished run. Needs
the extra ``test``.

    python benchmarks/rest.py --scenes 12 --part val128 [--run RUN]
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

import pybullet

from geoframe import open_run
from geoframe_dreamup3d.backends import Backend, ClassicalBackend
from geoframe_dreamup3d.datasets.stored import StoredTabletop
from geoframe_dreamup3d.objects import describe
from geoframe_dreamup3d.simulator.files import write_scene
from geoframe_dreamup3d.simulator.rest import simulate
from geoframe_dreamup3d.table.view import view_of


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", type=int, default=12)
    parser.add_argument("--part", default="val128", choices=["val64", "val128"])
    parser.add_argument("--run", type=Path)
    asked = parser.parse_args()
    scenes = StoredTabletop(part=asked.part, scenes=asked.scenes).load()
    backend: Backend = open_run(asked.run).load().backend if asked.run else ClassicalBackend()
    stable, total, loaded = 0, 0, 0
    client = pybullet.connect(pybullet.DIRECT)
    for i in range(len(scenes)):
        found = describe(view_of(scenes, i), backend.segment, backend.complete)
        with TemporaryDirectory() as folder:
            write_scene(Path(folder), found)
            for end in simulate(Path(folder) / "scene.xml"):
                total += 1
                stable += end.stable
                if not end.stable:
                    moved = f"{100 * end.moved:.1f} cm, {end.turned:.0f} degrees"
                    print(f"scene {i}, object {end.label}: {moved}")
            for path in Path(folder).glob("objects/*.urdf"):
                loaded += pybullet.loadURDF(str(path), physicsClientId=client) >= 0
    print(f"{backend.name}: {stable} of {total} objects rest; PyBullet loads {loaded} of {total}")


if __name__ == "__main__":
    main()
