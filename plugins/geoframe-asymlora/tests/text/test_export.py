"""Exports are loaded by the lines of their own guide, where geoframe cannot be imported."""

import json
import os
import subprocess
import sys

import pytest
import tiny
import torch
from transformers import BertModel

import geoframe
from geoframe import DataError

TEXTS = ["the film was good", "a dull and awful story", "warm"]
READER = """
import json, os, sys
for name in ("geoframe", "geoframe_asymlora", "geoframe_data"):
    sys.modules[name] = None
texts, *folders = json.loads(sys.argv[1])
found = []
for folder in folders:
    os.chdir(folder)
    scope = {}
    exec(open("README.md").read().split("```python")[1].split("```")[0], scope)
    inputs = scope["tokenizer"](texts, padding=True, return_tensors="pt")
    model = scope["model"]
    found.append([model(**inputs).logits.tolist(), model.config.id2label])
open(sys.argv[2], "w").write(json.dumps(found))
"""


@pytest.fixture(scope="module")
def exports(bert_folder, gpt_folder, tmp_path_factory):
    """Export a run of every kind and head, and return (run, folder) of each by name."""
    place = tmp_path_factory.mktemp("exports")
    torch.manual_seed(8)
    unpooled = BertModel(tiny.bert_config(initializer_range=0.3), add_pooling_layer=False)
    unpooled.save_pretrained(place / "unpooled")
    other = tiny.BertForSequenceClassification(tiny.bert_config(num_labels=5))
    other.save_pretrained(place / "other-head")
    for name in ("unpooled", "other-head"):
        tiny.tokenizer(pairs=True).save_pretrained(place / name)
    labelled = tiny.write_reviews(place / "reviews.tsv", 48)
    answered = place / "chat.jsonl"
    answered.write_text(
        "\n".join(
            json.dumps({"prompt": text, "response": label}) for label, text in tiny.reviews(48)
        )
    )
    found = {}
    for name, model, data, head in (
        ("model", bert_folder, labelled, "model"),
        ("mean", bert_folder, labelled, "mean"),
        ("decoder", gpt_folder, labelled, "model"),
        ("decoder-mean", gpt_folder, labelled, "mean"),
        ("unpooled", place / "unpooled", labelled, "model"),
        ("other-head", place / "other-head", labelled, "model"),
        ("causal", gpt_folder, answered, "model"),
    ):
        config = {
            "model": {"path": str(model), "head": head},
            "data": {"path": str(data)},
            "adapter": {"rank": 4},
            "trainer": {"epochs": 1, "batch_size": 16, "learning_rate": 0.05, "device": "cpu"},
        }
        run = geoframe.run_method("asymlora", config, path=place / f"run-{name}")
        folder = place / f"export-{name}"
        folder.mkdir()
        files = run.method.export(run, folder)
        assert {path.name for path in files} == {path.name for path in folder.iterdir()}
        found[name] = (run, folder)
    return found


def test_an_export_gives_the_outputs_of_its_run_without_geoframe(exports, tmp_path):
    request = json.dumps([TEXTS, *(str(folder) for _, folder in exports.values())])
    environment = {**os.environ, "HF_MODULES_CACHE": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", READER, request, str(tmp_path / "found")],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    for (name, (run, _)), (logits, names) in zip(
        exports.items(), json.loads((tmp_path / "found").read_text()), strict=True
    ):
        trained = run.load()
        inputs = trained.tokenizer(TEXTS, padding=True, return_tensors="pt")
        with torch.no_grad():
            expected = trained.model(**inputs).logits
        assert torch.allclose(torch.tensor(logits), expected, atol=1e-5), name
        assert expected.std() > 1e-3  # or equality would say nothing
        if trained.classes:
            assert list(names.values()) == ["neg", "pos"], name


def test_what_the_weights_lack_is_trained_and_kept(exports):
    run, _ = exports["unpooled"]
    assert run.results["metrics"]["head_parameters"] == 2 * 24 + 2 + 24 * 24 + 24
    assert exports["model"][0].results["metrics"]["head_parameters"] == 2 * 24 + 2


def test_no_class_of_transformers_is_given_a_mean_pooled_adapter(exports):
    run, folder = exports["mean"]
    with pytest.raises(DataError, match="geoframe export RUN"):
        run.load().adapter.export(folder / "adapter")
    assert not list(folder.glob("adapter*"))
    assert json.loads((folder / "config.json").read_text())["model_type"] == "mean-pooled"
