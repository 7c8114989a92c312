"""How much memory a run needed."""

from __future__ import annotations

import sys

import torch


def peak_memory_mib() -> float:
    """Largest memory use of this process so far in MiB: on the GPU if one was used, else resident.

    Note that a process that has imported torch rests at about 250 MiB.
    """
    if torch.cuda.is_available() and torch.cuda.max_memory_allocated() > 0:
        return torch.cuda.max_memory_allocated() / 2**20
    if sys.platform == "win32":
        import psutil

        return float(psutil.Process().memory_info().peak_wset) / 2**20
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 2**10)
