"""Hearing, through Python's audit events, of what no command may do with what it is given."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

MAY_UNPICKLE = {
    "multiprocessing.": "messages between processes that geoframe itself started",
    "joblib.": "the same, through joblib's workers",
    "ray.": "the same, through Ray",
    "torch.distributed.": "the same, through torch",
    "torch._inductor.": "torch's own cache of compiled code",
}
"""The exceptions: modules that may unpickle, and what."""
MARK = "Internal error: forbidden"
"""What a line begins with that tells of something heard; :class:`Outcome` takes it for a fault."""


def watch(folder: Path) -> None:
    """From now on write a line to stderr whenever this process or a fork of it

    - looks up a class or function for a pickle, whoever asks, but for :data:`MAY_UNPICKLE`;
    - runs code, a program or a library that lies in or below ``folder``.

    A hook cannot be taken back: this is for a process that ends.
    """
    inside = f"{folder.resolve()}{os.sep}"

    def hear(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "pickle.find_class":
            if not _excepted(sys._getframe(1)):
                _tell(f"{'.'.join(map(str, arguments))} is unpickled")
        elif event == "exec":
            if isinstance(arguments[0], CodeType) and arguments[0].co_filename.startswith(inside):
                _tell(f"{arguments[0].co_filename} is executed")
        elif event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "ctypes.dlopen"):
            name = os.fsdecode(arguments[0] or "")
            if os.sep in name and os.path.realpath(name).startswith(inside):
                _tell(f"{name} is executed")
        elif event == "os.system":
            _tell("a shell is called")

    sys.addaudithook(hear)


def _excepted(frame: FrameType | None) -> bool:
    while frame is not None:
        if str(frame.f_globals.get("__name__", "")).startswith(tuple(MAY_UNPICKLE)):
            return True
        frame = frame.f_back
    return False


def _tell(what: str) -> None:
    os.write(2, f"{MARK}: {what}\n".encode(errors="backslashreplace"))
