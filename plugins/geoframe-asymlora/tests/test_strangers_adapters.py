"""Adapters of peft that somebody else wraps train, are applied again and exported, head and all."""

import sys
from pathlib import Path

import pytest

import geoframe

STRANGERS = Path(__file__).parents[3] / "tests" / "strangers"


@pytest.fixture
def strangers(tmp_path, monkeypatch):
    """Install a distribution with two adapters."""
    info = tmp_path / "site" / "geoframe_stranger_peft-1.0.dist-info"
    info.mkdir(parents=True)
    facts = "Metadata-Version: 2.1\nName: geoframe-stranger-peft\nVersion: 1\n"
    (info / "METADATA").write_text(facts)
    (info / "entry_points.txt").write_text(
        "[geoframe.adapters]\nia3 = stranger_peft:IA3\nvera = stranger_peft:VeRA\n"
    )
    monkeypatch.syspath_prepend(str(STRANGERS))
    monkeypatch.syspath_prepend(str(info.parent))
    yield
    sys.modules.pop("stranger_peft", None)


@pytest.mark.parametrize("name", ["ia3", "vera"])
def test_a_strangers_adapter_is_as_good_as_ours(name, strangers, bert_folder, tmp_path):
    from tiny import write_reviews

    for number, (part, rows) in enumerate((("train", 64), ("validation", 24), ("test", 24))):
        (tmp_path / "texts").mkdir(exist_ok=True)
        write_reviews(tmp_path / "texts" / f"{part}.tsv", rows, number)
    config = {
        "model": {"path": str(bert_folder), "dropout": 0.0},
        "data": {"path": str(tmp_path / "texts")},
        "adapter": {"name": name},
        "trainer": {"epochs": 1, "batch_size": 16, "learning_rate": 0.01, "device": "cpu"},
    }
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    metrics = run.results["metrics"]
    assert metrics["trained_parameters"] > 0
    assert metrics["head_parameters"] == 2 * 24 + 2
    opened = geoframe.open_run(tmp_path / "run")
    found = opened.load().apply(tmp_path / "texts" / "test.tsv")
    lines = (tmp_path / "texts" / "test.tsv").read_text().splitlines()[1:]
    pairs = zip(lines, found["prediction"], strict=True)
    right = [line.split("\t")[0] == guess for line, guess in pairs]
    assert sum(right) / len(right) == pytest.approx(metrics["test_accuracy"])
    (tmp_path / "out").mkdir()
    names = {path.name for path in opened.method.export(opened, tmp_path / "out")}
    assert {"adapter_config.json", "adapter_model.safetensors", "head.safetensors"} <= names
