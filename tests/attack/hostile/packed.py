"""Small files that unpack to gigabytes."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable, Iterator

from attack.hostile.formats import BIG, npy, png, zipped


def packed() -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Small files that unpack to gigabytes, and pictures of more than 100 megapixels."""
    block = b"a,b,1\n" * (BIG // 6)
    yield "bomb.csv.gz", lambda: gzip.compress(block, 1) * 40
    yield "bomb.csv.bz2", lambda: bz2.compress(block[: BIG // 4], 1) * 160
    yield "bomb.csv.xz", lambda: lzma.compress(block, preset=0) * 40
    yield "bomb.json.gz", lambda: gzip.compress(b"[" + b"0," * (BIG // 2), 1) * 40
    yield "bomb.npz", lambda: zipped({"x.npy": npy("<f8", (2**27,), b"")}, zeros=16)
    yield "bomb.parquet", _parquet_bomb
    yield "bomb.png", lambda: png(12_000, 12_000, b"\0" * (12_000 * 1501))


def _parquet_bomb() -> bytes:
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    column = pa.array(np.zeros(2_500_000))
    table = pa.table({f"c{number}": column for number in range(60)})
    content = io.BytesIO()
    pq.write_table(table, content, compression="zstd")
    return content.getvalue()
