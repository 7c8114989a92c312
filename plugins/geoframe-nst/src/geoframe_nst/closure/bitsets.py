"""Sets of small integers as packed bits, 64 to a word: number j is bit j % 64 of word j // 64.

Rows of a matrix of such words are sets; union, intersection and difference of rows are ``|``,
``&`` and ``& ~``, 64 members at a time.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Words = NDArray[np.uint64]
Bools = NDArray[np.bool_]
Ints = NDArray[np.int64]

_BITS = np.uint64(1) << np.arange(64, dtype=np.uint64)


def words_for(n: int) -> int:
    """Return how many words a set of numbers below ``n`` takes."""
    return -(-n // 64)


def pack(members: Bools) -> Words:
    """Boolean ``(..., n)`` -> words ``(..., words_for(n))``."""
    n = members.shape[-1]
    padded = np.zeros((*members.shape[:-1], words_for(n) * 64), dtype=bool)
    padded[..., :n] = members
    packed = np.packbits(padded, axis=-1, bitorder="little")
    return packed.view("<u8").astype(np.uint64, copy=False)


def unpack(words: Words, n: int) -> Bools:
    """Words ``(..., w)`` -> boolean ``(..., n)``, the first ``n`` bits."""
    octets = np.ascontiguousarray(words).astype("<u8", copy=False).view(np.uint8)
    bits: Bools = np.unpackbits(octets, axis=-1, count=n, bitorder="little").view(np.bool_)
    return bits


def members(words: Words, n: int) -> Ints:
    """Members of one set ``(w,)`` below ``n``, increasing."""
    return np.flatnonzero(unpack(words, n))


def contains(words: Words, rows: Ints, numbers: Ints) -> Bools:
    """Whether ``numbers[i]`` is in the set ``words[rows[i]]`` -> boolean ``(k,)``."""
    found: Bools = (words[rows, numbers >> 6] & _BITS[numbers & 63]) != 0
    return found


def add(words: Words, rows: Ints, numbers: Ints) -> None:
    """Add ``numbers[i]`` to the set ``words[rows[i]]``; rows and numbers may repeat."""
    np.bitwise_or.at(words, (rows, numbers >> 6), _BITS[numbers & 63])


def sizes(words: Words) -> Ints:
    """Return the number of members of each set ``(..., w)`` -> int64 ``(...)``."""
    counts: Ints = np.bitwise_count(words).sum(axis=-1, dtype=np.int64)
    return counts


def transpose(words: Words, n: int, *, rows_at_once: int = 4096) -> Words:
    """Transpose a square relation ``(n, words_for(n))``: j in row i becomes i in row j."""
    result = np.empty_like(words)
    step = 64 * max(1, rows_at_once // 64)
    for start in range(0, n, step):
        block = unpack(words[:, start // 64 : (start + step) // 64], min(step, n - start))
        result[start : start + step] = pack(block.T)
    return result
