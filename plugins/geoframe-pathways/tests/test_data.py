from __future__ import annotations

from pathlib import Path

import attrs
import numpy as np
import pandas as pd
import pytest

from geoframe import DataError
from geoframe_data import as_table
from geoframe_pathways.config import TableDataConfig
from geoframe_pathways.data import Problem, load_problem, make_problem
from geoframe_pathways.datasets.builtin import BuiltIn
from geoframe_pathways.datasets.functions import FUNCTIONS, FunctionGrid
from geoframe_pathways.datasets.uci import UCIRegression
from geoframe_pathways.encoder import Encoder, fit_encoder
from geoframe_registry import configs


def config(**options: object) -> TableDataConfig:
    dataset = configs.component("dataset", {"name": "function-grid"})
    return TableDataConfig(dataset=dataset, **options)  # type: ignore[arg-type]


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": random.normal(50, 10, 40),
            "kind": random.choice(["a", "b", "c"], 40),
            "always": 3,
            "note": [f"text {index}" for index in range(40)],
            "value": random.normal(size=40),
        }
    )


def problem(frame: pd.DataFrame, target: object, name: str = "t") -> Problem:
    return make_problem(as_table(frame.assign(**{name: target})))


def test_a_file_is_a_problem(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    found = load_problem(config(path=tmp_path / "t.csv", target="Value"))
    assert (found.task, found.target_name) == ("regression", "value")
    assert found.features.columns == ["size", "kind", "always", "note"]
    np.testing.assert_allclose(found.target.astype(float), frame["value"])


def test_arrays_in_npz(tmp_path: Path) -> None:
    path = tmp_path / "images.npz"
    images = np.random.default_rng(0).integers(0, 255, (30, 4, 5)).astype(np.uint8)
    np.savez(path, x=images, label=np.arange(30) % 3, more=np.arange(30), y2=images[:, 0, :2])
    found = load_problem(config(path=path, target="label"))
    assert (len(found.features.columns), found.task, found.scaling) == (
        20,
        "classification",
        "common",
    )
    assert load_problem(config(path=path, target="y2", task="auto")).target.shape == (30, 2)
    with pytest.raises(DataError, match=r"no column 'lable'.*did you mean 'label'"):
        load_problem(config(path=path, target="lable"))
    with pytest.raises(DataError, match=r"data.target: no column 'y'"):
        load_problem(config(path=path))


def test_the_task_is_guessed(frame: pd.DataFrame) -> None:
    for target, task, kind in (
        (["x", "y"] * 20, "classification", "U"),
        ([True, False] * 20, "classification", "U"),
        (list(range(4)) * 10, "classification", "i"),
        ([0, 1, None, 2] * 10, "classification", "i"),  # a gap makes no measurement of classes
        (range(40), "regression", "f"),
        ([0.0, 1.0] * 20, "regression", "f"),
        ([True, "x"] * 20, "classification", "U"),
        (["None", "NA", "yes", "yes "] * 10, "classification", "U"),
    ):
        found = problem(frame, pd.Series(list(target), dtype=object if "x" in target else None))
        assert (found.task, found.target.dtype.kind) == (task, kind)
    assert problem(frame, ["None", "NA", "yes", "yes "] * 10).target[:4].tolist() == [
        *("None", "NA", "yes", "yes")
    ]
    assert problem(frame, [0.0, 1.0] * 20).repairs == (
        "'t' has two values, and is predicted as a number; if they are classes, set "
        "data.task=classification",
    )
    with pytest.raises(DataError, match="40 classes in 40 rows"):
        problem(frame, [f"{value}.x" for value in range(40)])


def test_columns_that_number_the_rows_are_told(frame: pd.DataFrame) -> None:
    numbered = frame.assign(**{"my row": range(7, 47), "shuffled": [*range(1, 40), 0]})
    assert problem(numbered, [1.5, 2.5, 3.5, 4.5] * 10).repairs == (
        "column 'my row' numbers the rows, and is taken as a feature; if it only names them, set "
        "data.id='my row'",
    )


def test_columns_are_encoded_on_the_training_rows(frame: pd.DataFrame) -> None:
    frame.loc[3, "size"] = np.nan
    encoder, dropped = fit_encoder(as_table(frame), "column")
    assert encoder.names == [
        *("size", "value", "size missing", "kind=a", "kind=b", "kind=c"),
        *(f"note={text}" for text in sorted(frame["note"])),
    ]
    assert dropped == ["column 'always' is constant and was left out"]
    x = encoder.encode(frame)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x[np.arange(40) != 3, 0].mean(), 0, atol=1e-5)
    assert x[:, 2].tolist() == [0, 0, 0, 1] + [0] * 36
    assert (x[:, 3:6].sum(axis=1) == 1).all()
    new = frame.head(1).assign(kind="unseen", size=encoder.numeric[0].fill)
    assert encoder.encode(new)[0, 3:6].tolist() == [0, 0, 0]
    assert Encoder.from_plain(attrs.asdict(encoder)) == encoder


def test_packs_from_before_types_were_kept_are_read(frame: pd.DataFrame) -> None:
    frame["flag"] = [True, False] * 20
    encoder, _ = fit_encoder(as_table(frame), "column")
    plain = attrs.asdict(encoder)
    del plain["schema"]
    for column in plain["numeric"]:
        del column["period"], column["cosine"]
    old = Encoder.from_plain(plain)
    np.testing.assert_array_equal(old.encode(frame), encoder.encode(frame))
    assert old.schema["flag"].kind == "boolean"


def test_one_scale_for_all_pixels() -> None:
    x = np.random.default_rng(0).normal(size=(100, 3)) * [1.0, 10.0, 0.1]
    common, _ = fit_encoder(as_table(x), "common")
    spreads = common.encode(x).std(axis=0)
    np.testing.assert_allclose(spreads / spreads[0], x.std(axis=0) / x.std(axis=0)[0], rtol=1e-4)
    untouched, _ = fit_encoder(as_table(x), "none")
    np.testing.assert_allclose(untouched.encode(x), x, rtol=1e-5)


def test_missing_columns_are_named(frame: pd.DataFrame) -> None:
    encoder, _ = fit_encoder(as_table(frame), "column")
    with pytest.raises(DataError, match=r"'size'.*missing; did you mean 'sise'"):
        encoder.encode(frame.rename(columns={"size": "sise"}))
    with pytest.raises(DataError, match=r"'size' should hold numbers.*'large'"):
        encoder.encode(frame.assign(size="large"))


@pytest.mark.parametrize(
    ("content", "options", "message"),
    [
        ("a,b\n1,2\n", {}, "1 rows; at least 10"),
        ("a\n1\n", {}, "1 column"),
        ("a,b\n" + "1,2\n" * 20, {"target": "c"}, "no column 'c'"),
        ("a,b\n" + "1,2\n" * 20, {"task": "regression"}, "same value in every row"),
        ("a,b\n" + "1,x\n2,y\n" * 20, {"task": "regression"}, "not numeric"),
        ("a,b\n" + "1,inf\n2,1.5\n" * 20, {}, "infinite"),
    ],
)
def test_tables_that_are_no_problem(
    tmp_path: Path, content: str, options: dict[str, object], message: str
) -> None:
    path = tmp_path / "table.csv"
    path.write_text(content)
    with pytest.raises(DataError, match=message):
        load_problem(config(path=path, **options))


def test_rows_without_a_target_are_left_out(frame: pd.DataFrame) -> None:
    frame.loc[:3, "value"] = np.nan
    found = make_problem(as_table(frame))
    assert len(found) == 36
    assert found.repairs == ("left out 4 rows without 'value'",)
    with pytest.raises(DataError, match="predefined split"):
        make_problem(attrs.evolve(as_table(frame), test_rows=np.arange(3)))


def test_predefined_splits(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    np.savez(tmp_path / "s.npz", test_0=np.arange(5), test_1=np.array([38, 41]))
    found = load_problem(config(path=tmp_path / "t.csv", splits=tmp_path / "s.npz"))
    assert found.test_rows is not None
    assert found.test_rows.tolist() == [0, 1, 2, 3, 4]
    for split, message in ((1, "does not fit"), (2, "no array 'test_2'")):
        with pytest.raises(DataError, match=message):
            load_problem(config(path=tmp_path / "t.csv", splits=tmp_path / "s.npz", split=split))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_on_grids(name: str) -> None:
    dims, side = (5, 4) if name == "friedman" else (2, 21)
    problem = make_problem(FunctionGrid(function=name, dims=dims, side=side).load())  # type: ignore[arg-type]
    assert len(problem) == side**dims
    x, y = problem.features.frame.to_numpy(), problem.target
    best = x[np.asarray(y).argmin()]
    if name in ("ackley", "rastrigin"):
        np.testing.assert_allclose(best, 0, atol=1e-12)
        assert float(y.min()) == pytest.approx(0, abs=1e-9)
    if name == "rosenbrock":
        np.testing.assert_allclose(best, 1, atol=1e-12)
    if name == "himmelblau":
        assert np.abs(best - [3.0, 2.0]).min() <= 0.5
    if name == "friedman":
        np.testing.assert_allclose(problem.target[-1], 20.0)  # sin(pi) + 20/4 + 10 + 5


def test_points_can_be_drawn_in_place_of_a_grid() -> None:
    drawn = FunctionGrid(function="friedman", dims=8, rows=500, seed=1)
    table = drawn.load()
    assert table.frame.shape == (500, 9)
    assert table.fingerprint() == drawn.load().fingerprint()
    assert table.fingerprint() != attrs.evolve(drawn, seed=2).load().fingerprint()
    assert table.frame["x7"].nunique() == 500


def test_grids_that_cannot_be(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="needs 2 coordinates"):
        FunctionGrid(function="himmelblau", dims=3).load()
    with pytest.raises(DataError, match="too large"):
        FunctionGrid(dims=12, side=100).load()
    with pytest.raises(DataError, match="no such dataset file"):
        UCIRegression(root=tmp_path).load()


def test_tables_of_scikit_learn() -> None:
    assert make_problem(BuiltIn().load()).task == "regression"
    for table, scaling, columns in (("digits", "common", 64), ("iris", "column", 4)):
        found = make_problem(BuiltIn(table=table).load())  # type: ignore[arg-type]
        assert (found.task, found.scaling) == ("classification", scaling)
        assert len(found.features.columns) == columns


def test_columns_as_people_have_them() -> None:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "city": random.choice(["Oslo", "Łódź", None], 300),
            "flag": pd.Series(random.choice([True, False], 300), dtype=object),
            "code": pd.Series(random.choice([3.0, 5.0], 300), dtype=object),
            "when": pd.date_range("2020-01-01", periods=300, freq="7h").astype(str),
            "make": [f"m{number}" for number in random.zipf(1.5, 300)],
            "wrong": np.where(np.arange(300) == 7, 1e300, random.normal(size=300)),
        }
    )
    frame.loc[5, "flag"] = None
    frame.loc[6, "code"] = "x"
    frame["list"] = [[1, 2]] * 300
    encoder, notes = fit_encoder(as_table(frame), "column")
    levels = {column.name: column.levels for column in encoder.categories}
    assert levels["city"] == ("", "Oslo", "Łódź")
    assert levels["flag"] == ("", "False", "True")
    assert levels["code"] == ("3", "5", "x")  # whole numbers, also where they were read as floats
    assert len(levels["make"]) == 64
    assert [column.input for column in encoder.numeric if column.date] == [
        *("when", "when week sin", "when week cos", "when day sin", "when day cos")
    ]
    assert any("'wrong': numbers cut off" in note for note in notes)
    assert any("'list' holds lists" in note for note in notes)
    assert "column 'when' holds dates: taken as days, and on the circle of week and day" in notes
    x = encoder.encode(frame)
    assert np.isfinite(x).all()
    place = encoder.names.index("wrong")
    assert x[np.arange(300) != 7, place].std() > 0.2  # one slip does not set the scale
    dates = pd.to_datetime(frame["when"], utc=True).dt.tz_convert("Europe/Rome")
    np.testing.assert_allclose(encoder.encode(frame.assign(when=dates)), x, atol=1e-6)
    with pytest.raises(DataError, match="'when' should hold dates"):
        encoder.encode(frame.assign(when="soon"))


def test_predictions_do_not_depend_on_the_other_rows(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    codes, flags = ["001", "002", "010", "A1"], ["TRUE", "FALSE", "MAYBE"]
    rows = [(random.choice(codes), random.choice(flags), random.random()) for _ in range(60)]
    path = tmp_path / "t.csv"
    path.write_text("code,flag,x,y\n" + "".join(f"{a},{b},{c},{c}\n" for a, b, c in rows))
    encoder, _ = fit_encoder(load_problem(config(path=path)).features, "column")
    whole = pd.DataFrame({"code": ["001", "002", "A1"], "flag": ["TRUE", "FALSE", "MAYBE"], "x": 0})
    from geoframe_data import read_table

    for count in (1, 2, 3):
        whole.head(count).to_csv(path, index=False)
        found = encoder.encode(read_table(path, schema=encoder.schema))
        np.testing.assert_array_equal(found, encoder.encode(whole)[:count])
        assert (found[:, 1:].sum(axis=1) == 2).all()
