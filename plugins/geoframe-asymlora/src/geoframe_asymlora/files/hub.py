"""Models that are not on this machine: whether the Hugging Face hub gives them, told at once."""

from __future__ import annotations

import functools
from pathlib import Path

import huggingface_hub
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, OfflineModeIsEnabled

from geoframe.errors import DataError
from geoframe.run.digests import digest, digest_of_file

PATIENCE = 5.0
"""Seconds that the hub is given to answer whether it has a model; asked once."""
ENDS = (".safetensors", ".json", ".txt", ".model")
"""How the files of a model's folder end that matter."""


def model_digest(path: str) -> str:
    """Return what tells a model's weights and tokenizer from any others.

    Of a folder it is the sha256 of its files, of a name on the hub the commit that was loaded.
    """
    folder = Path(path)
    if folder.is_dir():
        files = [each for end in ENDS for each in folder.glob(f"*{end}")]
        digests = [f"{each.name} {digest_of_file(each)}" for each in sorted(files)]
        return digest("\n".join(digests).encode(errors="surrogatepass"))
    stored = huggingface_hub.try_to_load_from_cache(path, "config.json")
    return Path(stored).parent.name if isinstance(stored, str) else ""


@functools.cache
def only_stored(path: str) -> bool:
    """Whether a model is to be loaded from this machine alone.

    It is if ``path`` is a folder, or if it is a name whose files were downloaded before and the hub
    does not answer. transformers alone would try again and again, for a minute.

    Raises
    ------
    DataError
        If it is neither a folder nor stored, and the hub has no model of that name or cannot be
        reached.
    """
    if Path(path).exists():
        return True
    try:
        huggingface_hub.HfApi().model_info(path, timeout=PATIENCE)
    except HFValidationError:
        raise DataError(f"model.path: '{path}' is no folder and no name on the hub") from None
    except HfHubHTTPError as error:
        code = error.response.status_code
        why = "the hub has no such model for you" if code < 500 else f"the hub fails ({code})"
    except OfflineModeIsEnabled:
        why = "the hub is switched off (HF_HUB_OFFLINE)"
    except Exception as error:  # of the HTTP library that huggingface_hub happens to use
        why = f"the hub cannot be reached ({type(error).__name__})"
    else:
        return False
    if isinstance(huggingface_hub.try_to_load_from_cache(path, "config.json"), str):
        return True
    raise DataError(
        f"model.path: '{path}' is no folder, and {why}; download it elsewhere and name its folder"
    )
