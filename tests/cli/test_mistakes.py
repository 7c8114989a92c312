"""Every mistake a user can make: exit code 2, one line per problem, no traceback."""

from __future__ import annotations

import pytest

from geoframe_registry import discovery

FILES = {
    "good.toml": "slope = 3.0\n[trainer]\nsteps = 5\n",
    "unknown-key.toml": "slope = 3.0\nslpoe = 4.0\n",
    "wrong-type.toml": 'slope = "steep"\n',
    "boolean.toml": "slope = true\n",
    "out-of-range.toml": "slope = 100\n",
    "two.toml": "slpoe = 1\n\n[data]\npoints = 1\nnoize = 2\n",
    "bad-syntax.toml": "slope = = 3\n",
    "not-utf8.toml": b"slope = '\xff'\n",
    "scalar-section.toml": "data = 3\n",
    "literal.toml": 'mode = "fti"\n',
    "unknown-component.toml": '[embedder]\nname = "mpl"\n',
    "component-option.toml": '[embedder]\nname = "mlp"\nlayerz = 3\n',
    "component-scalar.toml": 'embedder = "mlp"\n',
    "component-name.toml": "[embedder]\nname = 3\n",
    "nan.toml": "slope = nan\n",
    "points.csv": "x,y\n0,1\n1,2\n",
    "columns.csv": "a,b\n0,1\n",
    "words.csv": "x,y\nlow,high\n",
}

CASES = {
    # id: (arguments, expected in the messages, number of lines that start with "Error:")
    "no verb": (["rum"], "did you mean 'run'", 1),
    "no verb at all like it": (["xyzzy"], "known: try, run, init", 1),
    "no method": (["run"], "Missing argument 'METHOD'", 1),
    "unknown method": (["run", "toyy"], "did you mean 'toy'", 1),
    "known plugin": (["run", "unheard"], "pip install geoframe-unheard", 1),
    "unknown option": (["run", "toy", "--sede", "3"], "--seed", 1),
    "seed is no number": (["run", "toy", "--seed", "x"], "not a valid int", 1),
    "negative seed": (["run", "toy", "--seed", "-1"], "seed: -1 is out of range", 1),
    "config missing": (["run", "toy", "--config", "none.toml"], "none.toml: no such file", 1),
    "config is a folder": (["run", "toy", "--config", "."], "is a folder; name a file in it", 1),
    "config below a file": (["run", "toy", "--config", "good.toml/x"], "cannot be read", 1),
    "bad TOML": (["run", "toy", "--config", "bad-syntax.toml"], "not valid TOML", 1),
    "not UTF-8": (["run", "toy", "--config", "not-utf8.toml"], "not UTF-8 text (byte 9)", 1),
    "steps beside epochs": (
        ["run", "toy", "--config", "good.toml", "--set", "trainer.epochs=2"],
        "good.toml:3: trainer.steps: has no say beside trainer.epochs = 2 (--set); leave one out",
        1,
    ),
    "info on a plugin": (
        ["info", "geoframe-spaces"],
        "'geoframe-spaces' is a plugin; 'geoframe info' shows what is in it: ",
        1,
    ),
    "unknown key": (
        ["run", "toy", "--config", "unknown-key.toml"],
        "unknown-key.toml:2: slpoe: unknown key; did you mean 'slope'",
        1,
    ),
    "wrong type": (
        ["run", "toy", "--config", "wrong-type.toml"],
        "wrong-type.toml:1: slope: expected a number, got 'steep' (string)",
        1,
    ),
    "boolean for a number": (["run", "toy", "--config", "boolean.toml"], "true (boolean)", 1),
    "out of range": (["run", "toy", "--config", "out-of-range.toml"], "must be > -100, < 100", 1),
    "not a number": (["run", "toy", "--config", "nan.toml"], "slope: nan is not a finite", 1),
    "all at once": (["run", "toy", "--config", "two.toml"], "two.toml:5: data.noize", 3),
    "scalar for a section": (["run", "toy", "--config", "scalar-section.toml"], "a table", 1),
    "not one of the choices": (["run", "toy", "--config", "literal.toml"], "did you mean 'fit'", 1),
    "unknown component": (
        ["run", "toy", "--config", "unknown-component.toml"],
        "unknown-component.toml:2: embedder.name: no embedder 'mpl' is installed; did you mean",
        1,
    ),
    "unknown option of a component": (
        ["run", "toy", "--config", "component-option.toml"],
        "component-option.toml:3: embedder.layerz: unknown key; did you mean 'layers'",
        1,
    ),
    "component as a scalar": (
        ["run", "toy", "--config", "component-scalar.toml"],
        "expected a table with a name",
        1,
    ),
    "component with a number as name": (
        ["run", "toy", "--config", "component-name.toml"],
        "expected a string",
        1,
    ),
    "set without a value": (["run", "toy", "--set", "slope"], "expected key.path=value", 1),
    "set without a key": (["run", "toy", "--set", "=3"], "expected key.path=value", 1),
    "two bad sets": (["run", "toy", "--set", "a", "--set", "b"], "expected key.path=value", 2),
    "set through a scalar": (
        ["run", "toy", "--config", "good.toml", "--set", "slope.x=3"],
        "'slope' is not a table",
        1,
    ),
    "set of an unknown key": (
        ["run", "toy", "--set", "trainer.stesp=3"],
        "did you mean 'steps'",
        1,
    ),
    "config of an unknown method": (["config", "show", "toyy"], "did you mean 'toy'", 1),
    "config with mistakes": (
        ["config", "show", "toy", "--config", "two.toml"],
        "two.toml:5: data.noize",
        3,
    ),
    "schema of a known plugin": (
        ["config", "schema", "unheard"],
        "pip install geoframe-unheard",
        1,
    ),
    "schema into a folder": (["config", "schema", "toy", "-o", "full"], "cannot be written", 1),
    "resume without a directory": (["run", "toy", "--resume"], "give it as --run-dir", 1),
    "run directory in use": (["run", "toy", "--run-dir", "full"], "exists already", 1),
    "run directory is a file": (["run", "toy", "--run-dir", "good.toml"], "cannot be written", 1),
    "run directory below a file": (["run", "toy", "--run-dir", "good.toml/x"], "cannot be wri", 1),
    "run directory cannot be made": (["run", "toy", "--run-dir", "/proc/none"], "cannot be wri", 1),
    "run directory is not one": (
        ["run", "toy", "--run-dir", "full", "--resume"],
        "is not a run directory (it holds 'something')",
        1,
    ),
    "data missing": (["run", "toy", "--set", "data.path=none.csv"], "none.csv: no such file", 1),
    "data without columns": (["run", "toy", "--set", "data.path=columns.csv"], "x and y", 1),
    "data of words": (["run", "toy", "--set", "data.path=words.csv"], "numeric columns", 1),
    "data is a folder": (["run", "toy", "--set", "data.path=full"], "full", 1),
    "loss that is not finite": (
        ["run", "toy", "--set", "trainer.learning_rate=1e38", "--set", "trainer.optimizer=sgd"],
        "not finite",
        1,
    ),
    "no such device": (["run", "toy", "--set", "trainer.device=cdua"], "trainer.device", 1),
    "init of an unknown method": (["init", "toyy"], "did you mean 'toy'", 1),
    "init over a file": (["init", "toy", "-o", "good.toml"], "--force replaces it", 1),
    "init into a missing folder": (["init", "toy", "-o", "none/x.toml"], "cannot be written", 1),
    "init into a folder": (
        ["init", "toy", "-o", "full", "--force"],
        "full: is a folder; name a file: -o full/toy.toml",
        1,
    ),
    "list of an unknown kind": (["list", "geometri"], "did you mean 'geometry'", 1),
    "info of an unknown name": (["info", "toyy"], "did you mean 'toy'", 1),
    "info of a known plugin": (["info", "unheard"], "pip install geoframe-unheard", 1),
    "info of another kind": (["info", "toy", "--kind", "geometry"], "no geometry 'toy'", 1),
    "info of an unknown kind": (["info", "toy", "--kind", "methd"], "did you mean 'method'", 1),
    "embed without a run": (
        ["embed", "none", "--data", "points.csv", "-o", "o.csv"],
        "none: no such folder",
        1,
    ),
    "embed to an unknown format": (
        ["embed", "done", "--data", "points.csv", "-o", "o.docx"],
        "use one of .npz, .csv, .parquet",
        1,
    ),
    "embed of missing data": (
        ["embed", "done", "--data", "none.csv", "-o", "o.csv"],
        "none.csv: no such file",
        1,
    ),
    "embed into a missing folder": (
        ["embed", "done", "--data", "points.csv", "-o", "none/o.csv"],
        "cannot be written",
        1,
    ),
    "runs of a missing folder": (["runs", "none"], "none: no such folder", 1),
    "runs by an unknown metric": (["runs", "done", "--sort", "lsos"], "did you mean 'loss'", 1),
    "report on an unfinished one of two": (
        ["report", "done", "full"],
        "full: is not a run directory",
        1,
    ),
    "comparison below a file": (["report", "done", "-o", "good.toml/x"], "cannot be written", 1),
    "sweep without a space": (["sweep", "toy"], "Missing option '--space'", 1),
    "sweep over a missing file": (
        ["sweep", "toy", "--space", "none.toml"],
        "none.toml: no such file",
        1,
    ),
    "report on a file": (["report", "good.toml"], "is not a run directory", 1),
    "report on another folder": (["report", "full"], "is not a run directory", 1),
    "export into a full folder": (["export", "done", "-o", "full"], "is not empty", 1),
    "export over a file": (["export", "done", "-o", "good.toml"], "cannot be written", 1),
    "export of another folder": (["export", "full", "-o", "new"], "is not a run directory", 1),
    "check of an unknown name": (["check", "toyy"], "did you mean 'toy'", 1),
    "check of a known plugin": (
        ["check", "geoframe-unheard"],
        "pip install geoframe-unheard",
        1,
    ),
    "check of a known name": (["check", "unheard"], "pip install geoframe-unheard", 1),
    "check of a missing wheel": (["check", "--wheel", "none.whl"], "not a wheel that can be", 1),
    "check of no wheel": (["check", "--wheel", "good.toml"], "good.toml: is not a wheel", 1),
    "check of name and wheel": (["check", "toy", "--wheel", "x.whl"], "not both", 1),
    "install of the other geoframe": (["install", "geoframe"], "ours is geoframe-core", 1),
    "uninstall of an unknown name": (["uninstall", "toyy"], "did you mean 'toy'", 1),
    "uninstall of geoframe itself": (["uninstall", "mlp"], "is geoframe itself", 1),
    "new of nothing": (["new", "plugin"], "Missing argument 'NAME'", 1),
    "new plugin with a bad name": (["new", "plugin", "My_Plugin"], "lower-case words", 1),
    "new plugin of an unknown kind": (
        ["new", "plugin", "mine", "--kind", "geometri"],
        "did you mean 'geometry'",
        1,
    ),
    "new plugin with a taken name": (
        ["new", "plugin", "toy", "--kind", "method"],
        "method 'toy' is there already, in geoframe-toy",
        1,
    ),
    "new plugin into a full folder": (["new", "plugin", "mine", "-o", "full"], "is not empty", 1),
    "new plugin over a file": (["new", "plugin", "mine", "-o", "good.toml"], "cannot be wri", 1),
    "reproduce an unknown table": (["reproduce", "toy", "--table", "x"], "it has: lines", 1),
    "reproduce an unknown row": (["reproduce", "toy", "--row", "flatt"], "did you mean 'flat'", 1),
    "reproduce with no seeds": (["reproduce", "toy", "--seeds", "0"], "not in the range", 1),
    "resume with another config": (
        ["run", "toy", "--run-dir", "done", "--resume", "--set", "slope=7.0"],
        "cannot resume with another config",
        1,
    ),
}


@pytest.fixture
def folder(finished_run, tmp_path, monkeypatch):
    """Return a folder with good and bad files, a finished run ``done`` and a ``full`` folder.

    Whatever is installed, one known plugin is not: ``geoframe-unheard``.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(discovery.KNOWN, "unheard", "geoframe-unheard")
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").write_text("mine")
    return tmp_path


def check(result, message, lines):
    assert result.exit_code == 2, result.output
    assert message in result.stderr
    errors = [line for line in result.stderr.splitlines() if line.startswith("Error:")]
    assert len(errors) == lines, result.stderr
    assert "Traceback" not in result.output
    assert result.stdout == ""


@pytest.mark.parametrize(("arguments", "message", "lines"), CASES.values(), ids=CASES)
def test_a_mistake_is_told_in_a_line(folder, geoframe, arguments, message, lines):
    check(geoframe(*arguments), message, lines)
    assert (folder / "full" / "something").read_text() == "mine"
    assert (folder / "good.toml").read_text() == FILES["good.toml"]


DAMAGES = {
    # id: (file, content or None to remove it, arguments, message)
    "embed of an unfinished run": ("results.json", None, "embed", "is not finished"),
    "report on an unfinished run": ("results.json", None, "report", "is not finished"),
    "export of an unfinished run": ("results.json", None, "export", "is not finished"),
    "damaged results": ("results.json", b"{", "report", "results.json: cannot be read"),
    "damaged results, resumed": ("results.json", b"{", "resume", "results.json: cannot be read"),
    "results of another shape": ("results.json", b"{}", "resume", "with 'metrics'"),
    "damaged manifest": ("manifest.json", b"\xff", "report", "manifest.json: cannot be read"),
    "damaged manifest, resumed": ("manifest.json", b"{", "resume", "manifest.json: cannot be read"),
    "manifest of another shape": ("manifest.json", b"[]", "embed", "no JSON object with 'method'"),
    "manifest of another shape, resumed": ("manifest.json", b"[]", "resume", "manifest.json"),
    "no config": ("config.toml", None, "report", "config.toml: no such file"),
    "no config, resumed": ("config.toml", None, "resume", "config.toml: no such file"),
    "no config, resumed with one": ("config.toml", None, "resume-set", "config.toml"),
    "damaged config": ("config.toml", b"= 3", "embed", "config.toml:1: not valid TOML"),
    "no weights": ("model.safetensors", None, "embed", "model.safetensors: no such file"),
    "damaged weights": ("model.safetensors", b"abc", "export", "model.safetensors: cannot be read"),
}

CHANGES = {
    case: (file, content, verb)
    for case, (file, content, verb, _) in DAMAGES.items()
    if content is not None and file != "manifest.json"  # which holds the digests of the others
}

VERBS = {
    "embed": ["embed", "done", "--data", "points.csv", "-o", "out.csv"],
    "report": ["report", "done"],
    "export": ["export", "done", "-o", "out"],
    "resume": ["run", "toy", "--run-dir", "done", "--resume"],
    "resume-set": ["run", "toy", "--run-dir", "done", "--resume", "--set", "slope=2.0"],
}


@pytest.mark.parametrize(("file", "content", "verb", "message"), DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_run_is_told_in_a_line(
    folder, geoframe, forget_digests, file, content, verb, message
):
    forget_digests(folder / "done")
    path = folder / "done" / file
    if content is None:
        path.unlink()
    else:
        path.write_bytes(content)
    check(geoframe(*VERBS[verb]), message, 1)


@pytest.mark.parametrize(("file", "content", "verb"), CHANGES.values(), ids=CHANGES)
def test_a_changed_file_is_told_before_it_is_read(folder, geoframe, file, content, verb):
    (folder / "done" / file).write_bytes(content)
    check(geoframe(*VERBS[verb]), f"{file}: is damaged, or not the file that this run wrote", 1)


def test_a_run_of_another_method_is_not_continued(folder, geoframe, forget_digests):
    forget_digests(folder / "done")
    manifest = folder / "done" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"method": "toy"', '"method": "nst"'))
    result = geoframe("run", "toy", "--run-dir", "done", "--resume")
    check(result, "is a run of 'nst'", 1)


def test_a_directory_in_use_is_not_touched(folder, geoframe):
    import filelock

    with filelock.FileLock(folder / "done" / ".lock"):
        result = geoframe("run", "toy", "--run-dir", "done", "--resume")
    check(result, "another process is using this run directory", 1)


def test_an_internal_error_is_told_in_a_line(folder, geoframe):
    result = geoframe("run", "toy", "--set", "mode=explode")
    assert result.exit_code == 1
    assert result.stderr == (
        "Internal error: ZeroDivisionError: the toy exploded on purpose; "
        "rerun with 'geoframe --debug ...' for the traceback\n"
    )


@pytest.mark.parametrize("how", ["option", "environment"])
@pytest.mark.parametrize(
    ("arguments", "exit_code"), [(["--set", "mode=explode"], 1), (["--set", "slope=1e9"], 2)]
)
def test_debug_shows_the_traceback(folder, geoframe, monkeypatch, how, arguments, exit_code):
    debug = ["--debug"] if how == "option" else []
    if how == "environment":
        monkeypatch.setenv("GEOFRAME_DEBUG", "1")
    result = geoframe(*debug, "run", "toy", *arguments)
    assert result.exit_code == exit_code
    assert "Traceback (most recent call last)" in result.stderr
