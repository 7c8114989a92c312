"""Every key of a TOML text is found where it stands, however it is written."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe.config import dump_toml, load_toml
from geoframe.config.positions import positions
from geoframe.errors import ConfigError

TEXT = '''\
a = 1  # a.b = 2
[t] # c
x . y = """
[no]
q = "3"
"""""
z = [ 1, # ]
  [2, 3], {k = 'a#b', "l.m" = 2}, ]
day = 1979-05-27 07:32:00
"\\u0073" = 1.5
[[c]]
n = 1
[[c]]
n = { p.q = 1, r = [ ] }
[c.sub]
m = 2
[[c.deep]]
m = \'\'\'
[x]
\'\'\'
[ "t:2" . u ]
v = ""
w = ''
e = """"""
f = true'''

AT = {
    1: "a",
    2: "t",
    3: "t.x t.x.y",
    7: "t.z t.z[0]",
    8: "t.z[1] t.z[1][0] t.z[1][1] t.z[2] t.z[2].k t.z[2].l.m",
    9: "t.day",
    10: "t.s",
    11: "c c[0]",
    12: "c[0].n",
    13: "c[1]",
    14: "c[1].n c[1].n.p c[1].n.p.q c[1].n.r",
    15: "c[1].sub",
    16: "c[1].sub.m",
    17: "c[1].deep c[1].deep[0]",
    18: "c[1].deep[0].m",
    21: "t:2 t:2.u",
    22: "t:2.u.v",
    23: "t:2.u.w",
    24: "t:2.u.e",
    25: "t:2.u.f",
}
"""Line -> paths of what stands there."""


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_every_way_to_write_a_key(ends):
    expected = {path: line for line, paths in AT.items() for path in paths.split()}
    assert positions(TEXT.replace("\n", ends)) == expected


KEYS = st.from_regex(r"[a-z]{1,3}", fullmatch=True) | st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"], exclude_characters=".[]"),
    min_size=1,
    max_size=4,
)
SCALARS = st.integers(0, 9) | st.floats(allow_nan=False) | st.booleans() | st.text("ab'\"#[]=\n\\")
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)


def leaves(value, path=""):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, f"{path}.{key}" if path else key)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, f"{path}[{index}]")
    else:
        yield path, value


@given(st.dictionaries(KEYS, VALUES, max_size=4))
def test_every_value_that_is_written_has_a_line(table):
    text = dump_toml(table)
    lines = text.split("\n")
    for path, value in leaves(table):
        line = lines[positions(text)[path] - 1]
        if isinstance(value, int):
            assert re.search(rf"\b{str(value).lower()}\b", line), (path, line)


@pytest.mark.parametrize(
    ("text", "start"),
    [
        ("[t]\na = 1\na = 2\n", "x.toml:3: not valid TOML: "),
        ("a = \n", "x.toml:1: not valid TOML: Invalid value (column 5)"),
        ("\na = [1,\n", "x.toml:3: not valid TOML: "),
    ],
)
def test_what_is_no_toml_is_told_with_its_line(tmp_path, monkeypatch, text, start):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.toml").write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_toml((tmp_path / "x.toml").relative_to(tmp_path))
    [line] = caught.value.problems
    assert line.startswith(start)
