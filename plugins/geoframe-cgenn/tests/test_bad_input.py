"""What is wrong with options and data is told in one line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cgenn_cases import settings
from click.testing import CliRunner

from geoframe import ConfigError, DataError, run_method
from geoframe_cli.app import main

pytestmark = pytest.mark.usefixtures("without_pictures")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"geometry": {"name": "poincare"}}, "poincare"),
        ({"geometry": {"name": "euclidean", "dim": 5}}, "form of 5 coordinates"),
        ({"cgenn": {"signature": "free", "noise": 0.0}}, "at least 1e-5"),
        ({"data": {"vectors": [["vx", "vy"]]}}, "2 components"),
        ({"data": {"validation_fraction": 0.5, "test_fraction": 0.5}}, "nothing is left"),
    ],
)
def test_wrong_options_are_one_line(folder: Path, tmp_path: Path, change, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        run_method("cgenn", settings(folder, **change), path=tmp_path / "run")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"vectors": [["vx", "vy", "vq"]]}, "data.vectors: no column 'vq'"),
        ({"vectors": [["vx", "vy", "kind"]]}, "data.vectors: column 'kind' holds texts"),
        ({"group": None, "split": None}, "a single position without data.group"),
        ({"split": "kind"}, "data.split: 'cold' is not|data.split: 'hot' is not"),
        ({"target": ["x", "y"]}, "a vector has 3 columns, and 2 are named"),
        ({"target": ["nothing"]}, "data.target: no column 'nothing'"),
        ({"points": [], "target_kind": "point", "target": ["x", "y", "z"]}, "needs data.points"),
        ({"path": "missing.csv"}, "no such file"),
    ],
)
def test_bad_data_are_one_line(folder: Path, tmp_path: Path, data, message: str) -> None:
    with pytest.raises(DataError, match=message) as caught:
        run_method("cgenn", settings(folder, data=data), path=tmp_path / "run")
    assert "\n" not in str(caught.value)


def test_a_missing_number_is_told_with_its_line(folder: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(folder / "particles.csv")
    frame.loc[4, "vy"] = np.nan
    frame.to_csv(tmp_path / "holes.csv", index=False)
    config = settings(folder, data={"path": str(tmp_path / "holes.csv")})
    with pytest.raises(DataError, match=r"holes\.csv:6: data\.vectors: no finite number in column"):
        run_method("cgenn", config, path=tmp_path / "run")


@pytest.mark.parametrize(("column", "option"), [("vy", "vectors"), ("energy", "target")])
def test_numbers_beyond_float32_are_told(
    column: str, option: str, folder: Path, tmp_path: Path
) -> None:
    frame = pd.read_csv(folder / "particles.csv")
    frame[column] *= 1e200
    frame.to_csv(tmp_path / "large.csv", index=False)
    config = settings(folder, data={"path": str(tmp_path / "large.csv")})
    with pytest.raises(DataError, match=rf"data\.{option}: .*e\+20. do not fit float32"):
        run_method("cgenn", config, path=tmp_path / "run")


def test_a_set_of_one_and_a_single_class(folder: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(folder / "particles.csv").iloc[1:]
    frame.to_csv(tmp_path / "one.csv", index=False)
    config = settings(folder, data={"path": str(tmp_path / "one.csv")})
    with pytest.raises(DataError, match="in a set of one row"):
        run_method("cgenn", config, path=tmp_path / "run")
    frame = pd.read_csv(folder / "particles.csv").assign(kind="hot")
    frame.to_csv(tmp_path / "hot.csv", index=False)
    config = settings(folder, "class", data={"path": str(tmp_path / "hot.csv")})
    with pytest.raises(DataError, match="all training sets are of class 'hot'"):
        run_method("cgenn", config, path=tmp_path / "run2")


def test_new_data_without_a_column_are_refused(folder: Path, tmp_path: Path) -> None:
    run = run_method("cgenn", settings(folder), path=tmp_path / "run")
    pd.read_csv(folder / "new.csv").drop(columns="vy").to_csv(tmp_path / "less.csv", index=False)
    result = CliRunner().invoke(
        main, ["apply", str(run.path), "--data", str(tmp_path / "less.csv")]
    )
    assert result.exit_code == 2
    assert "no column 'vy'" in result.output


@pytest.mark.parametrize(
    ("energy", "message"),
    [
        (np.zeros(3), r"'energy' has shape \(3,\), not one of 2 sets"),
        (np.zeros(()), r"'energy' has shape \(\), not one of 2 sets"),
        (np.full((2, 4, 1), "a"), r"'energy' is <U1 \(2, 4, 1\), not numbers of \(2, 4\) sets"),
    ],
)
def test_arrays_that_do_not_fit_the_sets(energy: np.ndarray, message: str, tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", v=np.ones((2, 4, 3)), energy=energy)
    data = {"path": str(tmp_path / "a.npz"), "vectors": [["v"]], "target": ["energy"]}
    with pytest.raises(DataError, match=message):
        run_method("cgenn", {"data": data}, path=tmp_path / "run")
