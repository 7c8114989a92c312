"""The method as an estimator: tables in memory, and what is said of a target among the inputs."""

import numpy as np
import pandas as pd
import pytest
from cgenn_cases import SMALL

from geoframe_cgenn import CliffordClassifier, CliffordRegressor

pytestmark = pytest.mark.usefixtures("without_pictures")
OPTIONS = {f"cgenn__{key}": value for key, value in {**SMALL, "replicas": 1}.items()}
OPTIONS |= {"data__vectors": [["x", "y", "z"]], "trainer__steps": 2}
VECTORS = pd.DataFrame(np.random.default_rng(0).standard_normal((60, 3)), columns=list("xyz"))
NORMS = (VECTORS**2).sum(axis=1).rename("energy")
GIVEN_AWAY = "among the components of an input vector"


def test_a_table_in_memory_is_read_like_a_file() -> None:
    regressor = CliffordRegressor(**OPTIONS).fit(VECTORS, NORMS)
    assert np.isfinite(regressor.predict(VECTORS[:5])).all()
    assert regressor.predict(VECTORS[:5]).shape == (5,)
    assert not any(GIVEN_AWAY in note for note in regressor.run_.results["notes"])


def test_classes_in_memory() -> None:
    classes = np.where(NORMS.median() < NORMS, "hot", "cold")
    classifier = CliffordClassifier(**OPTIONS).fit(VECTORS, classes)
    assert set(classifier.predict(VECTORS)) <= {"hot", "cold"}


def test_a_target_among_the_inputs_is_told() -> None:
    regressor = CliffordRegressor(**OPTIONS, data__target=["x"]).fit(VECTORS)
    told = [note for note in regressor.run_.results["notes"] if GIVEN_AWAY in note]
    assert told == [
        "data.target: among the components of an input vector (data.vectors) too: x; "
        "the network is given what it shall predict"
    ]
