"""What is no file, or no plain one: pipes, devices, links, folders."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from attack.hostile.formats import png, safetensors
from attack.hostile.texts import DEEP


def places() -> Iterator[tuple[str, Callable[[Path], None]]]:
    yield "nothing.csv", lambda path: None
    yield "pipe.csv", lambda path: os.mkfifo(path)
    yield "zeros.csv", lambda path: path.symlink_to("/dev/zero")
    yield "random.npz", lambda path: path.symlink_to("/dev/urandom")
    yield "loop.csv", lambda path: path.symlink_to(path)
    yield "dangling.csv", lambda path: path.symlink_to(path.parent / "nowhere")
    yield "folder.csv", lambda path: path.mkdir()
    yield "empty-folder", lambda path: path.mkdir()
    yield "n" * 300 + ".csv", lambda path: None
    yield "deep-folder", _deep_folder
    yield "full-folder", _full_folder
    yield "strange-folder", _strange_folder
    yield "picture-folder", _picture_folder
    yield "model-folder", _model_folder
    yield "coded-folder", _coded_folder


def _deep_folder(path: Path) -> None:
    path.mkdir()
    here = os.open(path, os.O_RDONLY)
    for _ in range(DEEP // 20):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def _full_folder(path: Path) -> None:
    path.mkdir()
    for number in range(5000):
        (path / f"{number}.txt").write_bytes(b"x")


def _strange_folder(path: Path) -> None:
    path.mkdir()
    os.mkfifo(path / "pipe.png")
    (path / "loop").symlink_to(path)
    for name in (b"\xff\xfe.png", b"\x1b[31mred.csv", b"new\nline.txt", b" .jpg", b"-rf"):
        with open(os.path.join(os.fsencode(path), name), "wb") as file:
            file.write(b"\0")


def _picture_folder(path: Path) -> None:
    for label in ("cat", "dog"):
        (path / label).mkdir(parents=True)
        (path / label / "1.png").write_bytes(png(4, 4, b"\0" * 8))
        (path / label / "2.png").write_bytes(png(8, 8, b"\0" * 16)[:50])
        (path / label / "3.png").write_bytes(png(40_000, 40_000, b"\0"))


def _model_folder(path: Path) -> None:
    path.mkdir()
    (path / "config.json").write_bytes(b'{"model_type": "bert", "hidden_size": "x"}')
    (path / "pytorch_model.bin").write_bytes(b"\x80\x04cos\nsystem\n.")
    (path / "tokenizer.json").write_bytes(b"{")


def _coded_folder(path: Path) -> None:
    path.mkdir()
    config = {"model_type": "unheard-of", "auto_map": {"AutoConfig": "evil.Config"}}
    (path / "config.json").write_text(json.dumps(config))
    (path / "tokenizer_config.json").write_text(json.dumps(config))
    (path / "evil.py").write_text(f"open({str(path / 'ran')!r}, 'w')")
    (path / "model.safetensors").write_bytes(safetensors(b"{}"))
