"""The example of the README runs and prints what the README says."""

import re
from pathlib import Path

import pytest

README = Path(__file__).parents[1] / "README.md"


@pytest.mark.slow
def test_the_example_prints_what_is_shown(capsys):
    text = README.read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    (shown,) = re.findall(r"```text\n(.*?)```", text, re.DOTALL)
    exec(compile(code, str(README), "exec"), {})
    printed = capsys.readouterr().out
    number = r"-?\d+\.\d+"
    assert re.sub(number, "#", printed) == re.sub(number, "#", shown)
    # Other machines round otherwise, and training carries that on.
    for mine, theirs in zip(re.findall(number, printed), re.findall(number, shown), strict=True):
        assert float(mine) == pytest.approx(float(theirs), rel=0.2, abs=0.03)
