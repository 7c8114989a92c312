"""What a pipeline's folder may hold: configs and safetensors, no code and no pickles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from geoframe import ConfigError
from geoframe.data import read_text, shown

INDEX = "model_index.json"
LIBRARIES = ("diffusers", "transformers")
"""Where a pipeline's parts come from, besides the pipelines of diffusers."""


def check_pipeline_files(path: Path, config: Path | None) -> None:
    """Refuse what is no pipeline, or would run or import what it names.

    diffusers imports whatever module ``model_index.json`` names, and up to version 0.35 from the
    folder itself, unasked.

    Raises
    ------
    ConfigError
        Saying what is wrong and what to name instead.
    """
    if not path.exists():
        raise ConfigError([f"prior.path: {path}: no such file or folder"])
    if path.is_dir():
        if config is not None:
            raise ConfigError(["prior.config: has no say beside a folder, which has its own"])
        _check_folder("prior.path", path)
    elif path.suffix.lower() != ".safetensors":
        raise ConfigError(
            [
                f"prior.path: {path} is no safetensors file, and pickled weights are not read; "
                "save the weights with safetensors.torch.save_file"
            ]
        )
    elif config is None:
        raise ConfigError(
            [
                f"prior.config: {path.name} holds weights alone; name the folder of a pipeline of "
                "the same kind, whose configs are read"
            ]
        )
    else:
        _check_folder("prior.config", config)


def _check_folder(option: str, folder: Path) -> None:
    if not (folder / INDEX).is_file():
        raise ConfigError([f"{option}: {folder} is no pipeline of diffusers (it holds no {INDEX})"])
    code = sorted(each for pattern in ("*.py", "*/*.py") for each in folder.glob(pattern))
    if code:
        name = shown(code[0].relative_to(folder))
        raise ConfigError(
            [f"{option}: {folder} holds code ({name}), which is never run; use a pipeline without"]
        )
    index = _index(option, folder)
    if not isinstance(index.get("_class_name"), str):
        raise ConfigError([f"{option}: {folder / INDEX}: _class_name is not the name of a class"])
    for part, entry in index.items():
        if isinstance(entry, list) and not _is_known(entry):
            raise ConfigError(
                [
                    f"{option}: {folder / INDEX}: '{shown(part)}' is of {shown(entry)}; parts may "
                    f"be of {' and '.join(LIBRARIES)} alone"
                ]
            )


def _index(option: str, folder: Path) -> dict[str, Any]:
    try:
        index = json.loads(read_text(folder / INDEX))
    except (ValueError, RecursionError) as error:
        raise ConfigError([f"{option}: {folder / INDEX}: is no JSON: {shown(error)}"]) from None
    if not isinstance(index, dict):
        raise ConfigError([f"{option}: {folder / INDEX}: holds no table"])
    return index


def _is_known(entry: list[Any]) -> bool:
    """Whether diffusers looks a part's class up in itself or in transformers."""
    import diffusers

    if len(entry) != 2 or not all(each is None or isinstance(each, str) for each in entry):
        return False
    library = entry[0]
    return library is None or library in LIBRARIES or hasattr(diffusers.pipelines, library)
