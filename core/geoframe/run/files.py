"""Writing files so that a reader, or a crash, never meets half of one."""

from __future__ import annotations

import errno
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from geoframe.errors import RunError

if TYPE_CHECKING:
    from torch import Tensor

# A run can be opened and read without torch, so it is imported where tensors are made.

Loaded = TypeVar("Loaded")


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's refusals below ``path`` into a :class:`RunError`."""
    try:
        yield
    except OSError as error:
        reason = {
            errno.ENOSPC: "the disk is full",
            errno.EDQUOT: "the disk quota is used up",
            errno.EFBIG: "the file would be larger than is allowed here",
            errno.EACCES: "no permission to write",
            errno.EROFS: "the file system is read-only",
        }.get(error.errno or 0, error.strerror or str(error))
        raise RunError(
            f"{path}: cannot be written: {reason}; what was written before is kept"
        ) from error


def write_bytes(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` at once, durably.

    Raises
    ------
    RunError
        If it cannot be written, or is a device, a pipe or a link, which would be lost.
    """
    with explained(path):
        if path.is_symlink() or (path.exists() and not path.is_file() and not path.is_dir()):
            raise RunError(f"{path}: is a link, a device or a pipe; name a file of its own")
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-")
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(name, 0o644)
            os.replace(name, path)
            flush_folder(path.parent)
        except BaseException:
            with suppress(OSError):
                os.unlink(name)
            raise


def flush_folder(path: Path) -> None:
    """Make the entries of a folder durable: a file's own bytes alone do not survive a power cut."""
    if os.name == "nt":  # Windows opens no folders
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # some file systems know no such thing
            raise
    finally:
        os.close(descriptor)


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as JSON; non-finite numbers become null, since JSON has none."""
    write_bytes(path, json_bytes(value))


def json_bytes(value: Any) -> bytes:
    """Return the content of the file that :func:`write_json` writes."""
    return (json.dumps(jsonable(value), indent=2, allow_nan=False) + "\n").encode()


def jsonable(value: Any) -> Any:
    """Return ``value`` with numpy scalars, tuples and paths made plain and NaN made None."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, np.generic | np.ndarray):
        return jsonable(value.tolist())
    if isinstance(value, float) and not np.isfinite(value):
        return None
    return str(value) if isinstance(value, Path) else value


def read_regular(path: Path) -> bytes:
    """Read a file of a run: a regular one, and no link to something else.

    Raises
    ------
    RunError
        If it is missing, anything but a regular file, or not readable.
    """
    try:
        # Without O_NONBLOCK a pipe would be waited for, before it is known to be one.
        descriptor = os.open(path, os.O_RDONLY | _NO_FOLLOW | _NO_WAIT | _BINARY)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise RunError(f"{path}: is no regular file")
            return file.read()
    except FileNotFoundError:
        raise RunError(f"{path}: no such file") from None
    except (OSError, ValueError) as error:  # ValueError: a null character in the name
        reason = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(error, OSError) and error.errno == errno.ELOOP:
            reason = "it is a symbolic link; put the file that it points to in its place"
        raise RunError(f"{path}: cannot be read: {reason}") from None
    except MemoryError:
        raise RunError(f"{path}: is larger than the memory") from None


_NO_FOLLOW = getattr(os, "O_NOFOLLOW", 0)  # Windows has none of the first two
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)


def read_text(path: Path) -> str:
    """Read a UTF-8 file of a run; raises as :func:`read_regular` does, or if it is no UTF-8."""
    try:
        return read_regular(path).decode("utf-8")
    except UnicodeDecodeError as error:
        raise RunError(f"{path}: is damaged: byte {error.start} is no UTF-8") from None


def read_json(path: Path) -> Any:
    """Read a JSON file of a run.

    Raises
    ------
    RunError
        If it is missing or damaged.
    """
    return json_from_bytes(path, read_regular(path))


def json_from_bytes(path: Path, content: bytes) -> Any:
    """Return the value of a JSON file whose content was read from ``path``.

    Raises
    ------
    RunError
        If it is damaged.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:  # no JSON or UTF-8, too many digits, too deep
        raise RunError(f"{path}: cannot be read: {error}") from None


def write_tensors(path: Path, tensors: Mapping[str, Tensor]) -> None:
    """Write named tensors as safetensors."""
    write_bytes(path, tensors_to_bytes(tensors))


def tensors_to_bytes(tensors: Mapping[str, Tensor]) -> bytes:
    """Return named tensors as the content of a safetensors file."""
    import safetensors.torch

    plain, storages = {}, set()
    for name, tensor in tensors.items():
        kept = tensor.detach().cpu().contiguous()
        storage = kept.untyped_storage().data_ptr()
        # Tied parameters share memory, which safetensors refuses; each name gets its own copy.
        plain[name] = kept.clone() if storage in storages else kept
        storages.add(storage)
    content: bytes = safetensors.torch.save(plain)
    return content


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read a safetensors file; nothing is ever unpickled.

    Raises
    ------
    RunError
        If it is missing or damaged.
    """
    return tensors_from_bytes(path, read_regular(path))


def tensors_from_bytes(path: Path, content: bytes) -> dict[str, Tensor]:
    """Return the tensors of a safetensors file whose content was read from ``path``.

    Raises
    ------
    RunError
        If it is damaged.
    """
    import safetensors.torch

    return _loaded(path, content, safetensors.torch.load)


def arrays_from_bytes(path: Path, content: bytes) -> dict[str, NDArray[Any]]:
    """Return the tensors of a safetensors file as numpy arrays, without torch.

    Raises
    ------
    RunError
        If it is damaged.
    """
    import safetensors.numpy

    return _loaded(path, content, safetensors.numpy.load)


def _loaded(path: Path, content: bytes, load: Callable[[bytes], Loaded]) -> Loaded:
    try:
        return load(content)
    except Exception as error:  # safetensors raises its own types, and these differ by version
        raise RunError(f"{path}: cannot be read: {error}") from None
