import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks/memory.py"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="measured with the module resource")
def test_a_large_graph_trains_in_less_than_four_gib() -> None:
    command = [sys.executable, str(BENCHMARK), "--steps", "3", "--limit", "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "20000 nodes, 200000 edges, 3 steps" in done.stdout
