import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from embedded_items import at, random_points

from geoframe_embedding.export import word2vec_text


def test_every_file_holds_the_points(tmp_path: Path) -> None:
    trained = at(random_points(5, dim=3))
    files = trained.export(tmp_path / "out")
    assert all(path.exists() for path in files)
    points = trained.points.numpy()
    frame = pd.read_parquet(tmp_path / "out" / "coordinates.parquet").set_index("name")
    np.testing.assert_array_equal(frame.to_numpy(), points)
    with np.load(tmp_path / "out" / "coordinates.npz") as arrays:
        assert arrays["point"].dtype == np.float32
        np.testing.assert_allclose(arrays["point"], points, rtol=1e-6)
        assert arrays["name"].tolist() == list(trained.names)
    assert json.loads((tmp_path / "out" / "items.json").read_text()) == list(trained.names)
    header, *lines = (tmp_path / "out" / "vectors.txt").read_text().splitlines()
    assert header == "5 3"
    read = np.array([[float(cell) for cell in line.split(" ")[1:]] for line in lines])
    np.testing.assert_allclose(read, points, rtol=1e-6)


def test_names_with_blanks_stay_one_word_and_different() -> None:
    text = word2vec_text(["New York", "New%20York", "plain"], np.zeros((3, 1)))
    words = [line.split(" ")[0] for line in text.splitlines()[1:]]
    assert words == ["New%20York", "New%2520York", "plain"]
    with pytest.raises(ValueError, match="zip"):
        word2vec_text(["a"], np.zeros((2, 1)))
