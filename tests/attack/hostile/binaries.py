"""Arrays, tensors, tables, archives and pictures."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import struct
from collections.abc import Iterator

from attack.hostile.formats import npy, png, safetensors, zipped


def binaries() -> Iterator[tuple[str, bytes]]:
    yield "trash.npz", b"PK\x03\x04" + bytes(range(256)) * 8
    yield "pickled.npz", zipped({"a.npy": npy("|O", (1,), b"\x80\x04cos\nsystem\n.")})
    yield "shape.npz", zipped({"a.npy": npy("<f8", (10**12,), b"\0" * 8)})
    yield "minus.npz", zipped({"a.npy": npy("<f8", (-1, 3), b"\0" * 24)})
    yield "overflow.npz", zipped({"a.npy": npy("<f8", (2**62, 2**62), b"")})
    yield "none.npz", zipped({})
    yield "empty.npz", zipped({"x.npy": npy("<f4", (0, 3), b"")})
    yield "scalar.npz", zipped({"x.npy": npy("<f4", (), b"\0" * 4)})
    yield "structured.npz", zipped({"x.npy": npy([("a", "<i4")], (2,), b"\0" * 8)})
    yield "complex.npz", zipped({"x.npy": npy("<c16", (4, 3), b"\0" * 192)})
    yield "header.npz", zipped({"a.npy": b"\x93NUMPY\x01\x00\xff\xff{'descr'"})
    yield "climbing.npz", zipped({"../../a.npy": npy("<f4", (1,), b"\0" * 4)})
    for name in ("positions", "distances", "edge_index", "images", "data", "points", "x"):
        values = struct.pack("<12d", *([float("nan"), float("inf"), -1e308, 1e308] * 3))
        yield f"nan-{name}.npz", zipped({f"{name}.npy": npy("<f8", (4, 3), values)})
    yield from _sound_but_for_one()
    yield "pickled.npy", npy("|O", (1,), b"\x80\x04cos\nsystem\n.")
    yield "shape.npy", npy("<f8", (10**12, 3), b"\0" * 8)
    yield "cut.npy", npy("<f8", (4, 3), b"\0" * 8)
    yield "length.safetensors", struct.pack("<Q", 2**60) + b"{}"
    yield "header.safetensors", safetensors(b"[1]")
    yield "deep.safetensors", safetensors(b"[" * 10_000)
    entry = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
    for name, change in (
        ("dtype", {"dtype": "F1"}),
        ("offsets", {"data_offsets": [0, 2**40]}),
        ("shape", {"shape": [2**40]}),
        ("minus", {"shape": [-2], "data_offsets": [8, 0]}),
    ):
        header = json.dumps({"x": {**entry, **change}}).encode()
        yield f"{name}.safetensors", safetensors(header)
    yield "pickle.safetensors", b"\x80\x04cos\nsystem\n."
    yield "torch.pt", zipped({"archive/data.pkl": b"\x80\x02cos\nsystem\n."})
    yield "trash.parquet", b"PAR1" + bytes(range(256)) * 4 + struct.pack("<I", 2**31) + b"PAR1"
    yield "short.parquet", b"PAR1PAR1"
    yield "trash.feather", b"ARROW1\0\0" + b"\xff" * 300
    yield "cut.csv.gz", gzip.compress(b"a,b\n1,2\n" * 2000)[:-20]
    yield "trash.csv.gz", b"\x1f\x8b\x08" + b"\xff" * 100
    yield "checksum.csv.gz", gzip.compress(b"a,b\n1,2\n")[:-8] + b"\0" * 8
    yield "cut.csv.bz2", bz2.compress(b"a,b\n1,2\n" * 2000)[:-20]
    yield "cut.csv.xz", lzma.compress(b"a,b\n1,2\n" * 2000)[:-20]
    yield "trash.csv.zst", b"\x28\xb5\x2f\xfd" + b"\xff" * 60
    yield "several.csv.zip", zipped({"a.csv": b"a,b\n", "b.csv": b"a,b\n"})
    yield "nested.zip", zipped({"a.zip": zipped({"a.csv": b"a,b\n1,2\n"})})
    yield "png.png", png(50_000, 50_000, b"\0" * 50)
    yield "cut.png", png(8, 8, b"\0" * 72)[:40]
    yield "trash.jpg", b"\xff\xd8\xff\xe0" + bytes(range(256))
    yield "text.png", b"no picture"
    yield "vector.png", b'<svg xmlns="http://www.w3.org/2000/svg" width="9e9" height="9e9"/>'


def _sound_but_for_one() -> Iterator[tuple[str, bytes]]:
    """Archives of arrays one of which does not fit the others."""
    edges = npy("<i8", (2, 2), struct.pack("<4q", 0, 1, 1, 2))
    three = npy("<f8", (3,), struct.pack("<3d", 1, 2, 3))
    table = npy("<f8", (4, 3), struct.pack("<12d", *range(12)))
    word, bit = npy("<U1", (), b"a\0\0\0"), npy("|b1", (4,), b"\0\1\0\1")
    square = npy("<f8", (2, 2), struct.pack("<4d", 0, 1, 1, 0))
    scene = {
        "rgb.npy": npy("|u1", (1, 4, 4, 3), b"\7" * 48),
        "depth.npy": npy("<f4", (1, 4, 4), struct.pack("<f", 1) * 16),
    }
    many = npy("<i8", (), struct.pack("<q", 2**62))
    focal = npy("<f8", (), struct.pack("<d", 4))
    yield "count.npz", zipped({"edge_index.npy": edges, "num_nodes.npy": three})
    yield "announced.npz", zipped({"edge_index.npy": edges, "num_nodes.npy": many})
    yield "bits.npz", zipped({"edges.npy": edges, "x_packed.npy": table, "num_features.npy": word})
    yield "focal.npz", zipped({**scene, "f.npy": three})
    yield "masks.npz", zipped({**scene, "f.npy": focal, "seg.npy": word})
    yield "unit.npz", zipped({**scene, "f.npy": focal, "depth_scale.npy": three})
    yield "names.npz", zipped({"distances.npy": square, "names.npy": word})
    yield "labels.npz", zipped({"x.npy": table, "y.npy": bit, "labels.npy": word})
    yield "features.npz", zipped({"features.npy": three, "points.npy": word, "name.npy": word})
