"""A pytest fixture that makes a test's random numbers its own.

In a ``conftest.py``::

    from geoframe.testing.seeding import same_random_numbers
"""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def same_random_numbers() -> None:
    """Start every test from the same seeds, whichever tests ran before it in the process.

    Without it a test that draws without a seed sees other numbers whenever tests are added,
    selected or spread over processes. torch is seeded if something has imported it already;
    until then it starts from its own fixed seed.
    """
    random.seed(0)
    np.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
