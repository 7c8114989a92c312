"""From the ``[data]`` table to scenes to train on and sets of scenes to measure on. Torch-free."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np

from geoframe.errors import DataError
from geoframe_data.scene_files import colour_images, read_scenes
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.config import ScenesDataConfig
from geoframe_dreamup3d.generator.noise import SensorNoise


@attrs.frozen(eq=False, kw_only=True)
class TestSet:
    """Scenes to measure on."""

    name: str
    scenes: Scenes


@attrs.frozen(eq=False, kw_only=True)
class Data:
    """What a run works with."""

    train: Scenes
    tests: Sequence[TestSet]


def load_data(config: ScenesDataConfig, *, seed: int) -> Data:
    """Read or make the scenes.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    files = [each for each in (config.path, config.test) if each is not None and each.exists()]
    if config.intrinsics is not None and not any(colour_images(each) for each in files):
        raise DataError("data.intrinsics: has no say, for the scenes have their own; leave it out")
    scenes = (
        config.dataset.build().load() if config.path is None else _scenes_of(config.path, config)
    )
    if not isinstance(scenes, Scenes):
        raise DataError(f"data.dataset: '{config.dataset.name}' does not provide scenes")
    tests = []
    if config.test is not None:
        tests.append(TestSet(name=config.test.stem, scenes=_scenes_of(config.test, config)))
    tests += [TestSet(name=each.name, scenes=each.build().load()) for each in config.tests]
    if not tests:
        held = max(1, round(config.test_fraction * len(scenes)))
        if held >= len(scenes):
            raise DataError(
                f"{len(scenes)} scene{'' if len(scenes) == 1 else 's'} cannot be divided into some "
                "to train on and some to measure on; give data.test"
            )
        first = len(scenes) - held
        tests.append(TestSet(name="held out", scenes=scenes.select(range(first, len(scenes)))))
        scenes = scenes.select(range(first))
    return Data(train=with_noise(scenes, seed, share=config.noise), tests=tests)


def _scenes_of(path: Path, config: ScenesDataConfig) -> Scenes:
    intrinsics = config.intrinsics if path.exists() and colour_images(path) else None
    return read_scenes(path, intrinsics=intrinsics, unit=config.unit)


def with_noise(scenes: Scenes, seed: int, *, share: float = 1.0) -> Scenes:
    """Scenes with the errors of a depth sensor added to some, always the same ones for a seed."""
    noise = SensorNoise()
    depth = scenes.depth.copy()
    for i in range(len(scenes)):
        generator = np.random.default_rng([seed, i])
        if generator.random() < share:
            depth[i] = noise.apply(depth[i], generator)
    return attrs.evolve(scenes, depth=depth)
