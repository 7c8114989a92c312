"""Hostile files and folders: each a name and a function that writes it."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import random
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import attrs

Writer = Callable[[Path], None]
BIG = 64 * 2**20
DEEP = 100_000


@attrs.frozen
class Hostile:
    """One hostile file."""

    name: str
    """Its file name; the part before the first dot says what is wrong with it."""
    write: Writer


def hostile_files() -> list[Hostile]:
    """Return all of them, in a fixed order."""
    return [
        *(Hostile(name, _bytes(content)) for name, content in _texts()),
        *(Hostile(name, _bytes(content)) for name, content in _trees_and_graphs()),
        *(Hostile(name, _bytes(content)) for name, content in _binaries()),
        *(Hostile(name, _later(make)) for name, make in _large()),
        *(Hostile(name, write) for name, write in _places()),
    ]


def mutated(path: Path, seed: int) -> bytes:
    """Return a file's content with something wrong: bytes changed, lost, doubled or swapped."""
    draw = random.Random(f"{path.name}/{seed}")
    content = bytearray(path.read_bytes()[:BIG])
    for _ in range(draw.randint(1, 4)):
        at = draw.randrange(max(1, len(content)))
        length = draw.randint(1, max(1, len(content) // 4))
        kind = draw.randrange(5)
        if kind == 0:
            content[at : at + 1] = bytes([draw.randrange(256)])
        elif kind == 1:
            del content[at : at + length]
        elif kind == 2:
            content[at:at] = content[at : at + length]
        elif kind == 3:
            content[at:at] = draw.choice(SEASONING)
        else:
            content = content[:at]
    return bytes(content)


SEASONING = (
    *(b"\0", b"\xff\xfe", b'"', b"\n\n", b",,,,", b"\t", b"nan", b"1e999", b"-", b"[" * 50),
    *(b"9" * 5000, "\u202e".encode(), b"\x1b[31m", b"\r", b"{", b";", b"<!ENTITY"),
)


def _bytes(content: bytes) -> Writer:
    return lambda path: _written(path, content)


def _later(make: Callable[[], bytes]) -> Writer:
    return lambda path: _written(path, make())


def _written(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _texts() -> Iterator[tuple[str, bytes]]:
    table = b"source,target,weight,label,text,x,y\n"
    row = b"a,b,1.5,yes,hello,0.1,0.2\n"
    for end in ("csv", "tsv", "json", "jsonl", "txt"):
        yield f"empty.{end}", b""
        yield f"blanks.{end}", b" \n\t\n  \r\n"
        yield f"null.{end}", b"a,b\0,c\n1,\0,2\n"
        yield f"latin1.{end}", table + "größe,b,1\n".encode("latin-1")
        yield f"binary.{end}", bytes(range(256)) * 20
    yield "bom.csv", b"\xef\xbb\xbf"
    yield "utf16.csv", (table + row).decode().encode("utf-16-le")
    yield "header-alone.csv", table
    yield "one-row.csv", table + row
    yield "ragged.csv", table + row + b"a,b\n" + b"a,b,c,d,e,f,g,h,i,j\n"
    yield "quote.csv", table + b'"a,b,1\n' + row * 50
    yield "long-line.csv", table + b"a" * 5_000_000 + b",b,1\n"
    yield (
        "wide.csv",
        b",".join(b"c%d" % i for i in range(100_000)) + b"\n" + b"1," * 99_999 + b"1\n",
    )
    yield "digits.csv", table + b"a,b," + b"9" * 5000 + b",yes,t,1,2\n" + row
    yield (
        "huge.csv",
        table + b"a,b,1e308,yes,t,1e308,-1e308\nb,c,1e-320,no,t,1e400,-1e400\n" + row * 9,
    )
    yield "nan.csv", table + b"a,b,nan,nan,nan,nan,nan\nb,c,inf,inf,,-inf,inf\n" * 9
    yield "negative.csv", table + b"a,b,-1,no,t,-1,-1\nb,c,-0.0,yes,t,0,0\n" * 9
    yield "same.csv", table + row * 300
    yield "loops.csv", table + b"a,a,1,yes,t,0,0\nb,b,1,no,t,1,1\n" * 9
    yield "cycle.csv", table + b"a,b,1,y,t,0,1\nb,c,1,n,t,1,0\nc,a,1,y,t,2,2\n"
    yield "constant.csv", table + b"a,b,0,same,same,0,0\n" + b"b,c,0,same,same,0,0\n" * 30
    yield (
        "escapes.csv",
        table + b"\x1b[2J\x1b]0;t\x07,\xe2\x80\xaeb,1,\x1b[31m,\x9b,1,2\n" + row * 5,
    )
    yield "formula.csv", table + b"=cmd|' /C calc'!A0,@x,+1,-1,=1+1,1,2\n" + row * 5
    yield "doubled.csv", b"x,x,y,y\n1,2,3,4\n" * 9
    yield "dates.csv", table + b"a,b,2024-13-45,yes,t,00:61,1/0/0\n" + row * 5
    yield "crlf.csv", (table + row * 3).replace(b"\n", b"\r") + b"\x1a"
    yield "deep.json", b"[" * DEEP
    yield "deep-objects.json", b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield "digits.json", b'{"nodes": [{"id": ' + b"9" * 5000 + b'}], "links": []}'
    yield "surrogate.json", b'{"nodes": [{"id": "\\ud800"}], "links": [{"source": "\\ud800"}]}'
    yield "nan.json", b'{"nodes": [{"id": NaN}], "links": [{"source": NaN, "target": Infinity}]}'
    yield "unlisted.json", b'{"nodes": [{"id": 1}], "links": [{"source": 1, "target": 2}]}'
    yield "types.json", b'{"nodes": {"a": [1]}, "links": "abc", "edges": 3, "children": {"x": 1}}'
    yield "scalar.json", b"3"
    yield "list.json", b'[1, "a", null, {"a": []}, [[]]]'
    yield "cut.json", b'{"nodes": [{"id": 1}, {"id": 2'
    yield "lines.jsonl", b'{"text": 1}\n[]\n{"text": null}\n{"text": {"a": 1}}\nnull\n'
    yield "deep.jsonl", b"[" * DEEP + b"\n"


def _trees_and_graphs() -> Iterator[tuple[str, bytes]]:
    yield "star.nwk", b"(" + b",".join(b"a%d" % i for i in range(100_000)) + b");"
    yield "deep.nwk", b"(" * DEEP + b"a" + b")" * DEEP + b";"
    yield "lengths.nwk", b"((a:1e300,b:1e-300):-1,c:1e999,d:nan);"
    yield "open.nwk", b"((a,b),(c,d);"
    yield "comment.nwk", b"((a[,b),c);" + b"[" * 1000
    yield "same.nwk", b"((a,a),a);"
    yield "empty.nwk", b"(,,(,));"
    yield "quotes.nwk", b"('a''b\n',\"c);"
    yield "none.nex", b"#NEXUS\nbegin trees;\n tree x = ;\nend;"
    yield "cut.nex", b"#NEXUS\nbegin taxa; dimensions ntax=9999999999; taxlabels a b"
    xml = b'<?xml version="1.0"?>'
    laughs = b"".join(
        b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10 if i else b"lol") for i in range(10)
    )
    graphml = b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    yield "laughs.graphml", xml + b"<!DOCTYPE g [" + laughs + b"]><graphml>&l9;</graphml>"
    yield (
        "outside.graphml",
        xml
        + b'<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + graphml
        + b"&x;</graphml>",
    )
    yield "deep.graphml", xml + b"<a>" * DEEP
    yield "none.graphml", xml + graphml + b"</graphml>"
    yield (
        "unlisted.graphml",
        xml + graphml + b'<graph edgedefault="directed"><node id="a"/>'
        b'<edge source="a" target="z"/></graph></graphml>',
    )
    yield (
        "types.graphml",
        xml + graphml + b'<key id="d0" for="edge" attr.name="weight" attr.type="double"/>'
        b'<graph edgedefault="directed"><node id="a"/><node id="b"/>'
        b'<edge source="a" target="b"><data key="d0">many</data></edge></graph></graphml>',
    )
    yield "cut.graphml", xml + graphml + b"<graph><node id="
    yield "deep.gml", b"graph [ " + b"a [ " * DEEP
    yield "types.gml", b'graph [ node [ id "x" ] edge [ source 0 target 1 weight "w" ] ]'
    yield "cut.gml", b"graph [ node [ id 0"
    yield "bad.obj", b"v 0 0 0\nv nan 0 1\nv 1e400 0 0\nf 1 2 9999999999\nf 0 0 0\nf a b c\n"
    yield "empty.obj", b"# nothing\n"
    ply = b"ply\nformat ascii 1.0\nelement vertex %s\nproperty float x\nend_header\n"
    yield "count.ply", ply % b"99999999999" + b"1\n"
    yield "minus.ply", ply % b"-5" + b"1\n"
    yield "bad.off", b"OFF\n-1 99999999999 0\n"
    yield "count.stl", b"\0" * 80 + struct.pack("<I", 2**32 - 1) + b"\0" * 50


def _binaries() -> Iterator[tuple[str, bytes]]:
    yield "trash.npz", b"PK\x03\x04" + bytes(range(256)) * 8
    yield "pickled.npz", _zipped({"a.npy": _npy("|O", (1,), b"\x80\x04cos\nsystem\n.")})
    yield "shape.npz", _zipped({"a.npy": _npy("<f8", (10**12,), b"\0" * 8)})
    yield "minus.npz", _zipped({"a.npy": _npy("<f8", (-1, 3), b"\0" * 24)})
    yield "overflow.npz", _zipped({"a.npy": _npy("<f8", (2**62, 2**62), b"")})
    yield "none.npz", _zipped({})
    yield "empty.npz", _zipped({"x.npy": _npy("<f4", (0, 3), b"")})
    yield "scalar.npz", _zipped({"x.npy": _npy("<f4", (), b"\0" * 4)})
    yield "structured.npz", _zipped({"x.npy": _npy([("a", "<i4")], (2,), b"\0" * 8)})
    yield "complex.npz", _zipped({"x.npy": _npy("<c16", (4, 3), b"\0" * 192)})
    yield "header.npz", _zipped({"a.npy": b"\x93NUMPY\x01\x00\xff\xff{'descr'"})
    yield "climbing.npz", _zipped({"../../a.npy": _npy("<f4", (1,), b"\0" * 4)})
    for name in ("positions", "distances", "edge_index", "images", "data", "points", "x"):
        values = struct.pack("<12d", *([float("nan"), float("inf"), -1e308, 1e308] * 3))
        yield f"nan-{name}.npz", _zipped({f"{name}.npy": _npy("<f8", (4, 3), values)})
    yield "pickled.npy", _npy("|O", (1,), b"\x80\x04cos\nsystem\n.")
    yield "shape.npy", _npy("<f8", (10**12, 3), b"\0" * 8)
    yield "cut.npy", _npy("<f8", (4, 3), b"\0" * 8)
    yield "length.safetensors", struct.pack("<Q", 2**60) + b"{}"
    yield "header.safetensors", _safetensors(b"[1]")
    yield "deep.safetensors", _safetensors(b"[" * 10_000)
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    for name, change in (
        ("dtype", {"dtype": "F1"}),
        ("offsets", {"data_offsets": [0, 2**40]}),
        ("shape", {"shape": [2**40]}),
        ("minus", {"shape": [-2], "data_offsets": [8, 0]}),
    ):
        header = json.dumps({"x": {**entry, **change}}).encode()
        yield f"{name}.safetensors", _safetensors(header)
    yield "pickle.safetensors", b"\x80\x04cos\nsystem\n."
    yield "torch.pt", _zipped({"archive/data.pkl": b"\x80\x02cos\nsystem\n."})
    yield "trash.parquet", b"PAR1" + bytes(range(256)) * 4 + struct.pack("<I", 2**31) + b"PAR1"
    yield "short.parquet", b"PAR1PAR1"
    yield "trash.feather", b"ARROW1\0\0" + b"\xff" * 300
    yield "cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 2000)[:-20]
    yield "trash.csv.gz", b"\x1f\x8b\x08" + b"\xff" * 100
    yield "checksum.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-8] + b"\0" * 8
    yield "cut.csv.bz2", bz2.compress(b"a,b\n1,2\n" * 2000)[:-20]
    yield "cut.csv.xz", lzma.compress(b"a,b\n1,2\n" * 2000)[:-20]
    yield "trash.csv.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 60
    yield "several.csv.zip", _zipped({"a.csv": b"a,b\n", "b.csv": b"a,b\n"})
    yield "nested.zip", _zipped({"a.zip": _zipped({"a.csv": b"a,b\n1,2\n"})})
    yield "png.png", _png(50_000, 50_000, b"\0" * 50)
    yield "cut.png", _png(8, 8, b"\0" * 72)[:40]
    yield "trash.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256))
    yield "text.png", b"no picture"
    yield "vector.png", b'<svg xmlns="http://www.w3.org/2000/svg" width="9e9" height="9e9"/>'


def _large() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Small files that unpack to gigabytes, and pictures of more than 100 megapixels."""
    block = b"a,b,1\n" * (BIG // 6)
    yield "bomb.csv.gz", lambda: gzip.compress(block, 1) * 40
    yield "bomb.csv.bz2", lambda: bz2.compress(block[: BIG // 4], 1) * 160
    yield "bomb.csv.xz", lambda: lzma.compress(block, preset=0) * 40
    yield "bomb.json.gz", lambda: gzip.compress(b"[" + b"0," * (BIG // 2), 1) * 40
    yield "bomb.npz", lambda: _zipped({"x.npy": _npy("<f8", (2**27,), b"")}, zeros=16)
    yield "bomb.parquet", _parquet_bomb
    yield "bomb.png", lambda: _png(12_000, 12_000, b"\0" * (12_000 * 1501))


def _places() -> Iterator[tuple[str, Writer]]:
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
    for number in range(5_000):
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
        (path / label / "1.png").write_bytes(_png(4, 4, b"\0" * 8))
        (path / label / "2.png").write_bytes(_png(8, 8, b"\0" * 16)[:50])
        (path / label / "3.png").write_bytes(_png(40_000, 40_000, b"\0"))


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
    (path / "model.safetensors").write_bytes(_safetensors(b"{}"))


def _zipped(members: dict[str, bytes], *, zeros: int = 0) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, member in members.items():
            with archive.open(name, "w") as file:
                file.write(member)
                for _ in range(zeros):
                    file.write(b"\0" * BIG)
    return content.getvalue()


def _npy(descr: object, shape: tuple[int, ...], values: bytes) -> bytes:
    header = repr({"descr": descr, "fortran_order": False, "shape": shape}).encode() + b"\n"
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + values


def _safetensors(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header + b"\0" * 8


def _png(width: int, height: int, raw: bytes) -> bytes:
    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    size = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size)
        + chunk(b"IDAT", zlib.compress(raw, 1))
        + chunk(b"IEND", b"")
    )


def _parquet_bomb() -> bytes:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    column = pa.array(np.zeros(2_500_000))
    table = pa.table({f"c{number}": column for number in range(60)})
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()
