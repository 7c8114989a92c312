"""Runs of the asymlora method on tiny models: every kind of task, comparisons, resuming."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest
import safetensors.torch
import torch
from click.testing import CliRunner
from peft import PeftModel
from tiny import reviews, write_reviews
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

import geoframe
from geoframe import ConfigError, DataError, RunError
from geoframe_asymlora.lora.freezing import lora_layers
from geoframe_asymlora.verbs import asymlora

QUICK = {"epochs": 4, "batch_size": 16, "learning_rate": 0.01, "device": "cpu"}


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Return a folder with a training, a validation and a test file."""
    folder = tmp_path_factory.mktemp("texts")
    for number, (name, rows) in enumerate((("train", 160), ("validation", 60), ("test", 60))):
        write_reviews(folder / f"{name}.tsv", rows, number)
    return folder


@pytest.fixture(scope="module")
def classified(bert_folder, texts, tmp_path_factory):
    """Run the classification of reviews once."""
    path = tmp_path_factory.mktemp("run") / "classified"
    config = settings(bert_folder, texts, adapter={"rank": 8})
    config["trainer"] = {**QUICK, "epochs": 12}
    return geoframe.run_method("asymlora", config, path=path)


def settings(model, data, **more) -> dict:
    return {
        "model": {"path": str(model), "dropout": 0.0},
        "data": {"path": str(data)},
        "adapter": {"rank": 4},
        "trainer": QUICK,
        **more,
    }


def test_classification_learns(classified):
    metrics = classified.results["metrics"]
    assert metrics["test_accuracy"] > 0.75
    assert metrics["head_parameters"] == 2 * 24 + 2
    assert metrics["steps"] == 120
    rows = {row["mode"]: row for row in classified.results["tables"]["cost_of_modes"]}
    assert rows["B"]["trained"] == metrics["trained_parameters"]
    assert rows["B"]["saved_mib"] <= rows["both (LoRA)"]["saved_mib"]
    assert classified.manifest["data"]["classes"] == ["neg", "pos"]


def test_a_run_predicts_and_exports(classified, bert_folder, texts, tmp_path):
    trained = classified.load()
    for layer in lora_layers(trained.model).values():
        assert not layer.lora_A["default"].weight.requires_grad
    found = classified.method.apply(classified, texts / "test.tsv")
    labels = [line.split("\t")[0] for line in (texts / "test.tsv").read_text().splitlines()[1:]]
    guesses = ["pos" if p > 0.5 else "neg" for p in found["probability_pos"]]
    right = sum(a == b for a, b in zip(labels, guesses, strict=True)) / len(labels)
    assert right == pytest.approx(classified.results["metrics"]["test_accuracy"])

    classified.method.export(classified, tmp_path)
    plain = AutoModelForSequenceClassification.from_pretrained(bert_folder, num_labels=2)
    plain = PeftModel.from_pretrained(plain, str(tmp_path)).eval()
    sentences = ["the film was good", "a dull story"]
    encoded = trained.tokenizer(sentences, return_tensors="pt", padding=True)
    with torch.no_grad():
        expected = trained.model(**encoded).logits
        assert torch.allclose(plain(**encoded).logits, expected, atol=1e-6)


def test_a_run_tells_what_it_learned_of_each_text(classified, bert_folder, texts):
    trained = classified.load()
    assert repr(trained) == f"TrainedText({bert_folder}, 2 classes)"
    found = trained.to_frame()
    assert len(found) == 160
    assert list(found) == ["text", "label", "prediction", "probability_neg", "probability_pos"]
    assert found["label"].tolist() == [label for label, _ in reviews(160)]
    assert (found["label"] == found["prediction"]).mean() > 0.8


def test_regression_with_mean_pooling(bert_folder, tmp_path):
    rows = [
        json.dumps({"score": 2.5 if label == "pos" else -1.5, "words": text})
        for label, text in reviews(160)
    ]
    (tmp_path / "scores.jsonl").write_text("\n".join(rows))
    config = settings(bert_folder, tmp_path / "scores.jsonl")
    config["data"] |= {"text": "words", "label": "score"}
    config["model"]["head"] = "mean"
    config["trainer"] = {**QUICK, "learning_rate": 0.03}
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    assert run.results["metrics"]["validation_pearson"] > 0.7
    assert any("also tuned on" in note for note in run.results["notes"])
    (tmp_path / "new.csv").write_text("words\nthe film was good\nthe film was bad\n")
    found = run.method.apply(run, tmp_path / "new.csv")["prediction"]
    assert found[0] > found[1]


def test_responses_are_learned(gpt_folder, tmp_path):
    rows = [
        json.dumps({"prompt": text, "response": "lovely" if label == "pos" else "awful"})
        for label, text in reviews(160)
    ]
    (tmp_path / "chat.jsonl").write_text("\n".join(rows))
    config = settings(gpt_folder, tmp_path / "chat.jsonl")
    config["data"]["separator"] = " and "
    config["trainer"] = {**QUICK, "learning_rate": 0.03}
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    # A guess between the two answers, and then the end, would have loss log(2) / 2 = 0.35.
    assert run.results["metrics"]["validation_loss"] < 0.6
    assert run.results["metrics"]["head_parameters"] == 0
    learned = run.load().to_frame()
    assert list(learned) == ["text", "second", "loss"]
    assert learned["loss"].mean() == pytest.approx(
        run.results["metrics"]["validation_loss"], abs=0.3
    )
    with pytest.raises(RunError, match=r"call model\.generate"):
        run.load().predict(["the film"])
    run.method.export(run, tmp_path / "peft")
    plain = AutoModelForCausalLM.from_pretrained(gpt_folder)
    PeftModel.from_pretrained(plain, str(tmp_path / "peft"))


@pytest.mark.parametrize("options", [{"init": "pca"}, {"train": "auto"}, {"share_a": True}])
def test_adapters_that_look_at_data_are_shown_some(options, bert_folder, texts, tmp_path):
    config = settings(bert_folder, texts, adapter={"rank": 4, **options})
    config["trainer"] = {**QUICK, "epochs": 1}
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    assert run.load().adapter.stored().layers


COMPARISON = {
    "compare": True,
    "adapter": {"rank": 2, "targets": ["query", "value"]},
    "trainer": {**QUICK, "epochs": 1},
    "comparison": {"modes": ["head", "B", "B-equal", "both", "full"], "seeds": 2, "rates": [1, 3]},
}


def test_modes_are_compared_and_finished_trials_kept(bert_folder, texts, tmp_path, monkeypatch):
    import geoframe_asymlora.study.comparison as comparison

    path = tmp_path / "run"
    config = {**settings(bert_folder, texts), **COMPARISON}
    done = []
    real = comparison.train

    def interrupted(config, task, mode, run, *, seed, rate):
        if len(done) == 7:
            raise KeyboardInterrupt
        done.append((mode, rate, seed))
        return real(config, task, mode, run, seed=seed, rate=rate)

    monkeypatch.setattr(comparison, "train", interrupted)
    with pytest.raises(KeyboardInterrupt):
        geoframe.run_method("asymlora", config, path=path)
    first = done.copy()
    done.clear()

    def uninterrupted(config, task, mode, run, *, seed, rate):
        done.append((mode, rate, seed))
        return real(config, task, mode, run, seed=seed, rate=rate)

    monkeypatch.setattr(comparison, "train", uninterrupted)
    run = geoframe.run_method("asymlora", config, path=path, resume=True)
    assert len(first) == 7
    assert len(first) + len(done) == 5 * 3
    assert not set(first) & set(done)

    rows = {row["mode"]: row for row in run.results["tables"]["modes"]}
    assert list(rows) == COMPARISON["comparison"]["modes"]
    assert rows["B-equal"]["trained"] == rows["both"]["trained"] == 2 * rows["B"]["trained"]
    assert rows["head"]["trained"] == 0
    assert {row["head"] for row in rows.values()} == {50}
    assert {row["seeds"] for row in rows.values()} == {2}
    assert rows["head"]["saved_mib"] < rows["B"]["saved_mib"] <= rows["both"]["saved_mib"]
    metrics = run.results["metrics"]
    assert metrics["B_equal"] == pytest.approx(rows["B-equal"]["accuracy"])
    assert metrics["metric"] == "accuracy"
    assert metrics["reported_on"] == "test"
    assert {path.stem for path in run.path.glob("figures/*.svg")} >= {
        "comparison",
        "learning-rates",
    }
    with pytest.raises(RunError, match="keeps no adapter"):
        run.load()


def test_a_rate_that_diverges_is_only_a_bad_rate(bert_folder, texts, tmp_path, monkeypatch):
    import geoframe_asymlora.study.comparison as comparison

    real = comparison.train

    def diverging(config, task, mode, run, *, seed, rate):
        if rate > 0.02:
            raise RunError("the loss or its gradient is not finite at step 3")
        return real(config, task, mode, run, seed=seed, rate=rate)

    monkeypatch.setattr(comparison, "train", diverging)
    config = {**settings(bert_folder, texts), **COMPARISON}
    config["comparison"] = {"modes": ["head"], "seeds": 1, "rates": [3, 1, 9]}
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    assert run.results["tables"]["modes"][0]["learning_rate"] == 0.01
    config["comparison"]["rates"] = [9]
    with pytest.raises(RunError, match="diverges at every rate"):
        geoframe.run_method("asymlora", config, path=tmp_path / "other")


def test_a_trial_can_be_repeated_from_its_row(bert_folder, texts, tmp_path):
    config = {**settings(bert_folder, texts), **COMPARISON}
    config["comparison"] = {"modes": ["B"], "seeds": 1, "rates": [1]}
    compared = geoframe.run_method("asymlora", config, path=tmp_path / "compared")
    single = geoframe.run_method("asymlora", {**config, "compare": False}, path=tmp_path / "single")
    assert compared.results["metrics"]["B"] == single.results["metrics"]["test_accuracy"]


def test_mistakes_are_one_line(bert_folder, texts, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    runs = []

    def fails(config) -> str:
        runs.append(tmp_path / f"run-{len(runs)}")
        with pytest.raises((DataError, ConfigError)) as caught:
            geoframe.run_method("asymlora", config, path=runs[-1])
        assert "\n" not in str(caught.value)
        return str(caught.value)

    hub = settings("nobody/no-such-model-anywhere", texts)
    assert "is no folder, and the hub" in fails(hub)
    (tmp_path / "empty").mkdir()
    assert "is no usable transformers model" in fails(settings(tmp_path / "empty", texts))
    wrong = settings(bert_folder, texts, evaluation={"metric": "pearson"})
    assert "'pearson' is no measure of classification" in fails(wrong)
    high = settings(bert_folder, texts, adapter={"rank": 25})
    assert "25 is more than the width 24" in fails(high)


def test_cost_of_modes_without_training(bert_folder, texts):
    options = {
        "model.path": bert_folder,
        "data.path": texts,
        "adapter.rank": 4,
    }
    arguments = [f"--set={key}={value}" for key, value in options.items()]
    done = CliRunner().invoke(asymlora, ["memory", *arguments])
    assert done.exit_code == 0, done.output
    first = [line.split()[0] for line in done.output.splitlines()]
    assert first == ["mode", "head", "A", "B", "both", "LoRA", "full"]


def test_a_seed_that_diverges_is_told(bert_folder, texts, tmp_path, monkeypatch):
    import geoframe_asymlora.study.comparison as comparison

    real = comparison.train

    def diverging(config, task, mode, run, *, seed, rate):
        if seed == 1:
            raise RunError("the loss or its gradient is not finite at step 3")
        return real(config, task, mode, run, seed=seed, rate=rate)

    monkeypatch.setattr(comparison, "train", diverging)
    config = {**settings(bert_folder, texts), **COMPARISON}
    config["comparison"] = {"modes": ["head"], "seeds": 3, "rates": [1]}
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    assert run.results["tables"]["modes"][0]["seeds"] == 2
    assert "Seeds that diverged are not in the mean of: head." in run.results["notes"]


def test_close_rates_are_different_trials(bert_folder, texts, tmp_path):
    config = {**settings(bert_folder, texts), **COMPARISON}
    config["comparison"] = {"modes": ["head"], "seeds": 1, "rates": [1, 1.00001]}
    run = geoframe.run_method("asymlora", config, path=tmp_path / "run")
    assert len(list(run.path.glob("trials/*/trial.json"))) == 2


@pytest.mark.slow
@pytest.mark.parametrize("start", [{"train": "B"}, {"train": "both", "init": "kaiming"}])
def test_killed_runs_resume_to_the_bit(start, bert_folder, texts, tmp_path):
    options = {
        "model": {"path": str(bert_folder)},
        "data": {"path": str(texts)},
        "adapter": {"rank": 4, "dropout": 0.1, **start},
        "trainer": {"epochs": 12, "checkpoint_every": 7, "device": "cpu"},
    }
    given = [
        f"--set={table}.{key}={value}" for table, o in options.items() for key, value in o.items()
    ]
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    command = [sys.executable, "-m", "geoframe_cli", "run", "asymlora", "--quiet", *given]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    process = subprocess.Popen(
        [*command, "--run-dir", str(killed)], env=environment, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and not list(killed.glob("checkpoints/step-*")):
        time.sleep(0.02)
    time.sleep(0.1)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert not (killed / "results.json").exists()
    kept = max(killed.glob("checkpoints/step-*"))
    names = safetensors.torch.load_file(kept / "state.safetensors")
    of_model = [name for name in names if name.startswith("model.")]
    assert of_model  # and of it nothing that was pretrained
    assert all(".lora_" in name or "classifier" in name for name in of_model)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as the killed one: sums of several threads may end in other bits
    try:
        geoframe.run_method("asymlora", options, path=killed, resume=True)
        geoframe.run_method("asymlora", options, path=whole)
    finally:
        torch.set_num_threads(threads)
    for name in ("adapter/asymlora.safetensors", "adapter/asymlora.json", "metrics.jsonl"):
        assert (killed / name).read_bytes() == (whole / name).read_bytes(), name


def test_nothing_heavy_is_imported_before_a_run():
    code = (
        "import sys; import geoframe_asymlora.method, geoframe_asymlora.study.similarity_method, "
        "geoframe_asymlora.verbs; from geoframe_registry.configs import configure; "
        "from geoframe.config import TomlTable; configure('asymlora', TomlTable({})); "
        "print(sorted({'torch', 'transformers', 'peft', 'pyarrow'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
