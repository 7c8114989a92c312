"""Links inside run directories are not followed; text of others steers nothing; no false exits."""

from __future__ import annotations

import json
import os

import pandas as pd
import pytest

from geoframe import PluginError, RunError
from geoframe.importing import contained
from geoframe.run.files import write_bytes
from geoframe.run.links import DEPTH, refuse_links
from geoframe.text import one_line, printable
from geoframe_registry.runs import open_run

ESCAPE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202eevil"


@pytest.mark.parametrize(
    "place",
    [
        *("figures/x.svg", "checkpoints", "figures", "metrics.jsonl", "config.toml"),
        *("manifest.json", "results.json", "model.safetensors", "README.md", "new-name"),
    ],
)
@pytest.mark.parametrize("verb", ["report", "resume"])
def test_a_link_inside_a_run_is_refused(geoframe, finished_run, tmp_path, place, verb):
    private = tmp_path / "private"
    private.mkdir()
    (private / "step-000000000001").mkdir()
    (private / "step-000000000001" / "mine").write_text("SECRET")
    link = finished_run / place
    link.parent.mkdir(exist_ok=True)
    if link.is_dir():
        link.rename(tmp_path / "moved")
    link.unlink(missing_ok=True)
    link.symlink_to(private if place in ("checkpoints", "figures") else __file__)
    done = (
        geoframe("report", finished_run)
        if verb == "report"
        else geoframe("run", "toy", "--run-dir", finished_run, "--resume")
    )
    assert done.exit_code == 2, done.output
    assert "is a symbolic link" in done.output
    assert (private / "step-000000000001" / "mine").read_text() == "SECRET"


def test_a_link_to_a_run_is_followed(geoframe, finished_run, tmp_path):
    (tmp_path / "latest").symlink_to(finished_run)
    assert geoframe("report", tmp_path / "latest").exit_code == 0


def test_folders_in_folders_without_end_are_refused(tmp_path):
    (tmp_path / "/".join("d" * (DEPTH + 2))).mkdir(parents=True)
    with pytest.raises(RunError, match="lies deeper"):
        refuse_links(tmp_path)


def test_control_sequences_become_escapes():
    shown = printable(f"a\tb\n{ESCAPE}\udc80")
    assert shown == (r"a" "\tb\n" r"\x1b]0;title\x07\x1b[2J\x9b31m\u202eevil\udc80")
    assert one_line("a\r\n  b") == "a b"
    assert printable("Grüße, 世界, 👩‍🚀, עברית") == "Grüße, 世界, 👩‍🚀, עברית"


def test_names_of_others_do_not_steer_the_terminal(
    geoframe, finished_run, forget_digests, tmp_path
):
    forget_digests(finished_run)
    results = json.loads((finished_run / "results.json").read_text())
    results["metrics"][ESCAPE] = 1.0
    results["notes"].append(ESCAPE)
    (finished_run / "results.json").write_text(json.dumps(results))
    (tmp_path / "bad.toml").write_text(f'"{chr(92)}u001b[31mkey" = 1\n')
    for arguments in (
        ("runs", finished_run.parent, "--json"),
        ("runs", finished_run.parent),
        ("report", finished_run, finished_run),
        ("run", "toy", "--run-dir", finished_run, "--resume"),
        ("run", "toy", "--run-dir", finished_run, "--resume", "--json"),
        ("run", "toy", "--config", tmp_path / "bad.toml"),
        ("run", f"toy{ESCAPE}"),
    ):
        done = geoframe(*arguments)
        assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(done.output), arguments
        if "--json" in arguments:
            json.loads(done.stdout)


def test_names_of_others_are_text_in_the_card(geoframe, finished_run, forget_digests):
    forget_digests(finished_run)
    evil = "</td><script>|`x`\n# heading [a](javascript:b) __bold__"
    results = json.loads((finished_run / "results.json").read_text())
    results["metrics"][evil] = 1.0
    results["notes"].append(evil)
    (finished_run / "results.json").write_text(json.dumps(results))
    manifest = json.loads((finished_run / "manifest.json").read_text())
    manifest["command"].append("x\n```\n# heading")
    (finished_run / "manifest.json").write_text(json.dumps(manifest))
    assert geoframe("report", finished_run).exit_code == 0
    card = (finished_run / "README.md").read_text()
    assert "\n# heading" not in card
    assert r"\<script\>\|\`x\` \# heading \[a\](javascript:b) \__bold_\_" in card


@pytest.mark.parametrize("code", ["0", "'bye'"])
def test_a_component_that_exits_is_a_failure(site, code):
    site.install(
        "geoframe-quitter",
        {"geoframe.methods": {"quitter": "quitter_module:Quitter"}},
        modules={
            "quitter_module": "import sys\nfrom geoframe import Method, MethodConfig\n"
            "class Quitter(Method):\n    Config = MethodConfig\n"
            f"    def run(self, config, run): sys.exit({code})\n"
            "    def load(self, run): pass\n"
        },
    )
    done = site.run("run", "quitter", "--run-dir", "here")
    assert done.returncode == 2
    assert "ended the run by SystemExit" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_what_is_no_exit_passes_through():
    with pytest.raises(KeyboardInterrupt), contained("it"):
        raise KeyboardInterrupt
    with pytest.raises(PluginError, match="it ended the run by SystemExit: 0"), contained("it"):
        raise SystemExit(0)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("manifest.json", "[]"),
        ("manifest.json", '{"method": ["toy"]}'),
        ("manifest.json", '{"method": "toy", "versions": 3}'),
        ("manifest.json", "[" * 100_000),
        ("manifest.json", '{"method": "toy", "seed": ' + "9" * 5000 + "}"),
        ("results.json", '{"metrics": []}'),
        ("results.json", '{"metrics": {"a": {"b": 1}}}'),
        ("results.json", '{"metrics": {}, "tables": {"t": [1]}}'),
        ("results.json", '{"metrics": {}, "tables": {"t": 1}}'),
        ("results.json", '{"metrics": {}, "notes": [1]}'),
        ("results.json", "\udcff"),
    ],
)
def test_damaged_json_of_a_run_is_told_and_hides_no_other_run(
    geoframe, finished_run, tmp_path, name, content
):
    other = tmp_path / "other"
    other.mkdir()
    for each in ("manifest.json", "config.toml", "results.json"):
        (other / each).write_bytes((finished_run / each).read_bytes())
    (finished_run / name).write_bytes(content.encode(errors="surrogateescape"))
    with pytest.raises(RunError):
        print(open_run(finished_run).results)
    done = geoframe("runs", tmp_path, "--json")
    assert done.exit_code == 0
    assert [row["state"] for row in json.loads(done.stdout)] == ["damaged", "finished"]
    assert geoframe("report", finished_run).exit_code == 2


@pytest.mark.parametrize("line", ["[1]", "3", '{"step": "x"}', '{"a": 1}', '{"step": 1, "v": {}}'])
def test_strange_lines_of_metrics_do_not_matter(geoframe, finished_run, forget_digests, line):
    forget_digests(finished_run)
    with (finished_run / "metrics.jsonl").open("a") as file:
        file.write(line + "\n" + "[" * 100_000 + "\n")
    assert geoframe("report", finished_run).exit_code == 0


@pytest.mark.parametrize("terminal", [True, False])
def test_names_of_others_steer_no_terminal_and_reach_a_file_as_they_are(
    geoframe, finished_run, monkeypatch, terminal
):
    frame = pd.DataFrame({"x": [1.0, 2.0]}, index=pd.Index([ESCAPE, "a\nb"], name="name"))
    monkeypatch.setattr("geoframe_toy.method.Toy.apply", lambda *_: frame)
    monkeypatch.setattr("geoframe_cli.verbs.apply.on_terminal", lambda: terminal)
    done = geoframe("apply", finished_run, "--data", finished_run)
    assert done.exit_code == 0, done.output
    text = frame.to_csv()
    assert done.stdout == (printable(text) if terminal else text)
    assert ("\x1b" in done.stdout) is not terminal


@pytest.mark.parametrize("kind", ["pipe", "link", "dangling", "device"])
def test_what_is_no_file_is_not_replaced_by_one(tmp_path, kind):
    path, kept = tmp_path / kind, tmp_path / "kept"
    kept.write_text("kept")
    if kind == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to({"link": kept, "device": "/dev/null"}.get(kind, tmp_path / "nowhere"))
    before = path.lstat()
    with pytest.raises(RunError, match="is a link, a device or a pipe"):
        write_bytes(path, b"new")
    assert path.lstat().st_ino == before.st_ino
    assert kept.read_text() == "kept"
    assert not (tmp_path / "nowhere").exists()
