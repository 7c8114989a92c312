"""Random numbers that are a function of a seed and an index alone."""

from __future__ import annotations

import hashlib

import torch


def generator_of(seed: int, index: int) -> torch.Generator:
    """Return the generator of item ``index`` of the stream ``seed``.

    What is drawn from it depends neither on a batch size nor on where a stream was cut.
    """
    digest = hashlib.blake2b(f"{seed} {index}".encode(), digest_size=8).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest, "big") >> 1)
