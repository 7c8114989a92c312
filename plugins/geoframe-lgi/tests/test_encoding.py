import json

import numpy as np
import pandas as pd
import pytest

from geoframe import DataError
from geoframe_data import as_table
from geoframe_lgi.encoding import Columns, Encoder


def columns(frame: pd.DataFrame) -> Columns:
    table = as_table(frame)
    return Columns.of_table(table, table.columns)


def test_numbers_gaps_and_texts() -> None:
    frame = pd.DataFrame(
        {
            "size": [1.0, 2.0, None, 4.0],
            "same": [7.0] * 4,
            "color": ["red", "blue", "red", None],
            "ticket": ["a1", "b2", "c3", "d4"],
        }
    )
    given = columns(frame)
    encoder, notes = Encoder.fit(given)
    assert encoder.names == ("size",)
    assert set(encoder.levels) == {"color", "ticket"}
    encoded = encoder.encode(given)
    assert encoded.shape == (4, encoder.width)
    assert encoded[2, 1] == 1.0  # the number is missing
    assert any("same" in note for note in notes)
    again = Encoder.from_plain(json.loads(json.dumps(encoder.to_plain())))
    assert np.array_equal(again.encode(given), encoded)


def test_new_rows_are_encoded_alike_whatever_their_order_or_unknown_texts() -> None:
    frame = pd.DataFrame({"size": np.arange(20.0), "color": ["red", "blue"] * 10})
    encoder, _ = Encoder.fit(columns(frame))
    whole = encoder.encode(columns(frame))
    new = pd.DataFrame({"color": ["green", "blue"], "size": [3.0, 1.0]})
    encoded = encoder.encode(columns(new))
    assert encoded[1] == pytest.approx(whole[1])
    assert encoded[0, 1:].tolist() == [0.0, 0.0]
    with pytest.raises(DataError, match="column 'size' of the training data is missing"):
        encoder.encode(columns(new.drop(columns="size")))


def test_words_are_shares_of_the_words_of_a_row() -> None:
    rng = np.random.default_rng(0)
    words = (rng.random((40, 80)) < 0.1).astype(float)
    words[0] = 0
    names = tuple(f"w{k}" for k in range(80))
    given = Columns(numbers=words, names=names, texts={})
    encoder, _ = Encoder.fit(given)
    assert encoder.words
    encoded = encoder.encode(given)
    assert encoded[0].sum() == 0
    assert encoded[1:].sum(axis=1) == pytest.approx(np.full(39, 10.0), rel=1e-4)
    assert len(encoder.names) == (words.sum(axis=0) >= 2).sum()
    numbers, _ = Encoder.fit(given, words=False)
    assert not numbers.words
