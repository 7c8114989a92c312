"""Questions to finished runs in the shell: ``geoframe hnn``."""

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest
from hnn_trees import write

import geoframe

TREE = "((Python_regius:0.12,'green \"tree\", python':0.05)Pythons:0.1,Boa_constrictor:0.2)root;"
GREEN = 'green "tree", python'


def run_of(folder, **config):
    data = {"path": str(write(folder, "tree.nwk", TREE))}
    return geoframe.run_method("hnn", {"data": data, **config}, path=folder / "run").path


@pytest.fixture(scope="module")
def constructed(tmp_path_factory):
    return run_of(tmp_path_factory.mktemp("constructed"))


def ask(*words, given=None):
    """Ask in a process of its own: what it prints, on both streams, and its exit code."""
    command = [sys.executable, "-m", "geoframe_cli", "hnn", *map(str, words)]
    return subprocess.run(command, input=given, capture_output=True, text=True, timeout=300)


def rows_of(done):
    assert done.returncode == 0, done.stderr
    return list(csv.DictReader(io.StringIO(done.stdout)))


def told(done):
    """Return the one line of a refusal."""
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
    return line


def test_one_question_is_answered_as_python_answers_it(constructed):
    trained = geoframe.open_run(constructed).load()
    done = ask("nearest", constructed, "Python_regius", "-k", "2", "--json")
    found = trained.nearest("Python_regius", 2)
    rows = json.loads(done.stdout)
    assert [row["neighbour"] for row in rows] == found["neighbor"].tolist()
    assert [row["distance"] for row in rows] == found["distance"].tolist()
    done = ask("distance", constructed, GREEN, "Boa_constrictor", "--json")
    (row,) = json.loads(done.stdout)
    assert row["distance"] == trained.distance(GREEN, "Boa_constrictor")["distance"].item()
    assert row["tree_distance"] == pytest.approx(0.35)
    assert row["distance"] < row["tree_distance"] < 1.1 * row["distance"]
    words = ask("ancestor", constructed, GREEN, "Python_regius").stdout.split()
    assert words[-2:] == ["Pythons", "Pythons"]


def test_a_file_is_answered_line_by_line(constructed, tmp_path):
    names = geoframe.open_run(constructed).load().tree.names
    pairs = [(u, v) for u in names for v in names]
    text = io.StringIO()
    csv.writer(text).writerows([("note", "to", "from"), *(("x", v, u) for u, v in pairs)])
    path = tmp_path / "pairs.csv"
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    rows = rows_of(ask("distance", constructed, "--file", path, "--columns", "from,to"))
    assert [(row["u"], row["v"]) for row in rows] == pairs
    u, v = zip(*pairs, strict=True)
    expected = geoframe.open_run(constructed).load().distance(u, v)["distance"].to_numpy()
    assert np.array([float(row["distance"]) for row in rows]) == pytest.approx(expected, rel=1e-15)


def test_standard_input_is_answered_too(constructed):
    done = ask("nearest", constructed, "--file", "-", "-k", "1", given="node\nroot\n\nPythons\n")
    assert [row["node"] for row in rows_of(done)] == ["root", "Pythons"]
    done = ask("ancestor", constructed, "--file", "-", "--json", given="u,v\nroot,Pythons\n")
    assert json.loads(done.stdout) == {
        "u": "root",
        "v": "Pythons",
        "ancestor": "root",
        "true_ancestor": "root",
    }


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"u,v\nroot,Pythons\nroot,Pithons\n", ":3: no node 'Pithons'; did you mean 'Pythons'?"),
        (b"u,v\nroot\n", ":2: has 1 cells only"),
        (b"source,target\n", "no column 'u' (its first line is 'source,target'); name its columns"),
        (b"", "no column 'u' (its first line is '')"),
        (b"u,v\nroot,\xff\n", ":2: not UTF-8 text"),
        (b'u,v\nroot,"a' + b"b" * 200_000 + b'"\n', ":2: not CSV: field larger than field limit"),
        (None, "no such file"),
    ],
)
def test_a_mistake_in_a_file_is_told_before_anything_is_answered(
    constructed, tmp_path, content, message
):
    path = tmp_path / "pairs.csv"
    if content is not None:
        path.write_bytes(content)
    assert message in told(ask("distance", constructed, "--file", path))


def test_other_mistakes_are_told_in_one_line(constructed, tmp_path):
    assert "no node 'rot'; did you mean 'root'?" in told(ask("nearest", constructed, "rot"))
    assert "no such folder" in told(ask("nearest", tmp_path / "nothing", "root"))
    assert "name two nodes, or give --file; got 1" in told(ask("distance", constructed, "root"))
    assert "not both" in told(ask("nearest", constructed, "root", "--file", "-"))
    assert "2 wanted" in told(ask("distance", constructed, "--file", "-", "--columns", "u"))
    (tmp_path / "run").mkdir()
    for name in ("config.toml", "manifest.json"):
        text = (constructed / name).read_text()
        (tmp_path / "run" / name).write_text(text)
    assert "is not finished" in told(ask("nearest", tmp_path / "run", "root"))


def test_torch_is_imported_for_networks_only(constructed, tmp_path):
    code = (
        "import sys; from geoframe_cli import main\n"
        "try: main(sys.argv[1:], prog_name='geoframe')\n"
        "finally: print(sorted({'torch', 'networkx', 'pandas'} & {*sys.modules}))"
    )

    def modules_after(run):
        command = [sys.executable, "-c", code, "hnn", "distance", str(run), "root", "Pythons"]
        return subprocess.run(command, capture_output=True, text=True, check=True)

    assert modules_after(constructed).stdout.splitlines()[-1] == "[]"
    network = run_of(tmp_path, hnn={"fit": "gradient", "scale": 1.0}, trainer={"steps": 2})
    done = modules_after(network)
    assert "torch" in done.stdout.splitlines()[-1]
    assert "the trained network's; no certificate holds" in done.stderr
    expected = geoframe.open_run(network).load().distance("root", "Pythons")["distance"].item()
    assert f"{float(expected):.6g}" in done.stdout
