"""Users' files and folders, and what is wrong with them."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from geoframe import ConfigError, DataError
from geoframe_asymlora.config import TextDataConfig
from geoframe_asymlora.data import load_texts, new_texts

ROWS = [("pos", "good film"), ("neg", 'a "bad film'), ("pos", "warm"), ("neg", "dull")]


def config(path, **options) -> TextDataConfig:
    return TextDataConfig(**{"path": path, "dataset": None, "holdout": 0.25, **options})


def write(path, form, rows=ROWS):
    """Write rows of (label, text) in a format."""
    if form in ("tsv", "csv"):
        separator = {"tsv": "\t", "csv": ","}[form]
        quote = {"tsv": str, "csv": lambda text: '"' + text.replace('"', '""') + '"'}[form]
        lines = [separator.join(("label", "text"))]
        lines += [f"{label}{separator}{quote(text)}" for label, text in rows]
        path.write_text("\n".join(lines) + "\n")
    elif form == "jsonl":
        lines = [json.dumps({"label": label, "text": text}) for label, text in rows]
        path.write_text("\n".join(lines) + "\n\n")
    else:
        labels, texts = zip(*rows, strict=True)
        pq.write_table(pa.table({"label": labels, "text": texts}), path)
    return path


def test_classes_are_named_and_parts_are_held_out(tmp_path):
    found = load_texts(config(write(tmp_path / "reviews.tsv", "tsv")))
    assert found.kind == "classification"
    assert found.classes == ("neg", "pos")
    assert (len(found.train), len(found.validation), found.test) == (3, 1, None)
    texts = {*found.train.texts, *found.validation.texts}
    assert texts == {text for _, text in ROWS}
    again = load_texts(config(tmp_path / "reviews.tsv"))
    assert again.fingerprint() == found.fingerprint()
    limited = load_texts(config(tmp_path / "reviews.tsv", limit=2))
    assert len(limited.train) == 2
    assert limited.fingerprint() != found.fingerprint()


def test_numbers_are_regressed_and_whole_numbers_are_classes(tmp_path):
    def kind(labels, **options):
        rows = [(label, f"text {number}") for number, label in enumerate(labels)]
        return load_texts(config(write(tmp_path / "x.csv", "csv", rows), **options))

    assert kind(["0.5", "1", "2.25", "3"]).kind == "regression"
    assert kind(["0", "1", "2", "10"]).classes == ("0", "1", "2", "10")
    assert kind(["1", "2", "3", "4"], task="regression").train.targets[0] in (1.0, 2.0, 3.0, 4.0)


def test_prompts_and_responses(tmp_path):
    path = tmp_path / "chat.jsonl"
    lines = [json.dumps({"prompt": f"say {n}", "response": str(n)}) for n in range(8)]
    path.write_text("\n".join(lines))
    found = load_texts(config(path))
    assert found.kind == "causal"
    assert len(found.train) == 6
    assert set(found.train.seconds) < {str(n) for n in range(8)}


def test_folders_of_files(tmp_path):
    (tmp_path / "data").mkdir()
    write(tmp_path / "data" / "train-00000-of-00002.parquet", "parquet", ROWS[:2])
    write(tmp_path / "data" / "train-00001-of-00002.parquet", "parquet", ROWS[2:])
    write(tmp_path / "dev.csv", "csv")
    found = load_texts(config(tmp_path))
    assert (len(found.train), len(found.validation), found.test) == (4, 4, None)


def save_to_disk(folder, numbers, texts):
    """Write what datasets' save_to_disk writes, class names in the features."""
    folder.mkdir(parents=True)
    table = pa.table({"label": numbers, "text": texts})
    path = str(folder / "data-00000-of-00001.arrow")
    with pa.OSFile(path, "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
    (folder / "state.json").write_text(json.dumps(state))
    features = {
        "label": {"names": ["neg", "pos"], "_type": "ClassLabel"},
        "text": {"dtype": "string", "_type": "Value"},
    }
    (folder / "dataset_info.json").write_text(json.dumps({"features": features}))


def test_folders_that_datasets_saved(tmp_path):
    save_to_disk(tmp_path / "set" / "train", [0, 1, 1], ["bad", "good", "warm"])
    save_to_disk(tmp_path / "set" / "validation", [1], ["lovely"])
    (tmp_path / "set" / "dataset_dict.json").write_text('{"splits": ["train", "validation"]}')
    found = load_texts(config(tmp_path / "set"))
    assert found.classes == ("neg", "pos")
    assert list(found.train.targets) == [0.0, 1.0, 1.0]
    assert list(found.validation.texts) == ["lovely"]
    single = load_texts(config(tmp_path / "set" / "train", holdout=0.3))
    assert len(single.train) == 2


MISTAKES = [
    ("x.jsonl", '{"label": 1, "text": ["a"]}\n', {"task": "regression"}, "not a text"),
    ("x.jsonl", '{"label": NaN, "text": "a"}\n', {}, "x.jsonl:1: has no label"),
    ("x.csv", "label,text\n0.5,a\n1.5,b\n,c\n", {}, "x.csv:4: has no label"),
    ("x.tsv", "label\ttext\na\tb\nb\tc\n", {"task": "regression"}, "x.tsv: column 'label' holds"),
]


@pytest.mark.parametrize(("name", "content", "options", "message"), MISTAKES)
def test_mistakes_are_one_line(name, content, options, message, tmp_path):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(DataError) as caught:
        load_texts(config(path, **options))
    assert message in str(caught.value)
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["\u2028", "\x85", "\x0c", "\x1e"])
def test_only_line_ends_end_lines_and_blanks_are_kept(ending, tmp_path):
    text = f"  a{ending}b "
    (tmp_path / "x.tsv").write_text(f"label\ttext\r\npos\t{text}\r\n", newline="")
    assert new_texts(tmp_path / "x.tsv", "text", None) == ([text], None)
    (tmp_path / "x.jsonl").write_text(json.dumps({"label": "pos", "text": text}))
    assert new_texts(tmp_path / "x.jsonl", "text", None) == ([text], None)


def test_a_json_list_and_a_long_text(tmp_path):
    rows = [{"label": "pos", "text": "long " * 50_000}, {"label": "neg", "text": ""}]
    (tmp_path / "x.json").write_text(json.dumps(rows, indent=1))
    write(tmp_path / "x.csv", "csv", [(row["label"], row["text"]) for row in rows])
    for name in ("x.json", "x.csv"):
        assert new_texts(tmp_path / name, "text", None)[0] == [row["text"] for row in rows]


def test_labels_that_are_one(tmp_path):
    rows = [("yes", "a"), ("yes ", "b"), ("None", "c"), ("NA", "d")]
    found = load_texts(config(write(tmp_path / "x.csv", "csv", rows)))
    assert found.classes == ("NA", "None", "yes")
    write(tmp_path / "train.csv", "csv", [("1", "a"), ("0", "b"), ("1", "c"), ("0", "d")])
    other = write(tmp_path / "dev.csv", "csv", [("1.0", "e"), ("0.0", "f")])
    found = load_texts(config(tmp_path / "train.csv", validation=other))
    assert (found.classes, list(found.validation.targets)) == (("0", "1"), [1.0, 0.0])


def test_a_folder_of_files_for_each_class(tmp_path):
    for split in ("train", "test"):
        for label in ("neg", "pos", ".hidden"):
            (tmp_path / split / label).mkdir(parents=True)
            (tmp_path / split / label / "0.txt").write_text(f"{label}\nof {split}")
    found = load_texts(config(tmp_path, holdout=0.5))
    assert found.classes == ("neg", "pos")
    assert set(found.test.texts) == {"neg\nof test", "pos\nof test"}


def test_too_many_classes(tmp_path):
    path = write(tmp_path / "x.csv", "csv", [(str(n), "text") for n in range(1001)])
    with pytest.raises(DataError, match="1001 different values, more than 1000"):
        load_texts(config(path))


def test_a_validation_label_must_be_known(tmp_path):
    write(tmp_path / "train.tsv", "tsv")
    other = write(tmp_path / "dev.tsv", "tsv", [("mixed", "so so")])
    message = r"dev\.tsv:2: 'label' is 'mixed', not one of neg, pos"
    with pytest.raises(DataError, match=message):
        load_texts(config(tmp_path / "train.tsv", validation=other))


def test_an_empty_folder_says_what_is_expected(tmp_path):
    with pytest.raises(DataError, match=r"has no training split: expected train\.csv"):
        load_texts(config(tmp_path))


def test_stored_tasks(monkeypatch):
    import os

    from geoframe_asymlora.datasets.stored import StoredText

    if not os.environ.get("GEOFRAME_DATA"):
        pytest.skip("GEOFRAME_DATA names no data folder")
    sizes = {
        "sst2": (6920, 872, 1821),
        "cola": (7696, 855, 1043),
        "cola-sources": (8551, 527, 516),
        "mrpc": (3576, 500, 1725),
    }
    for task, expected in sizes.items():
        found = StoredText(task=task).load()
        assert (len(found.train), len(found.validation), len(found.test)) == expected
        assert (found.train.seconds is not None) is (task == "mrpc")
    monkeypatch.delenv("GEOFRAME_DATA")
    with pytest.raises(DataError, match="GEOFRAME_DATA is not set"):
        StoredText().load()


def test_linear_problems_are_checked():
    from geoframe_asymlora.datasets.linear import LinearRegression

    with pytest.raises(ConfigError, match="rank: 8 must be below dim 8"):
        LinearRegression(dim=8, rank=8).load()
