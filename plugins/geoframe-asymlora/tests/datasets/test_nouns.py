"""Nouns of six classes, drawn from a hierarchy made for the test."""

import numpy as np
import pytest

from geoframe_asymlora.datasets.nouns import CLASSES, TEST, VALIDATION, NounClasses


@pytest.fixture
def hierarchy(tmp_path):
    """A root, the six classes and 410 nouns below each; some in two classes or in two senses."""
    names, edges = ["entity.n.01", *CLASSES], [(0, number) for number in range(1, 7)]
    for number, name in enumerate(CLASSES, 1):
        for noun in range(410):
            edges.append((number, len(names)))
            names.append(f"{name.partition('.')[0]}_{noun}.n.01")
    for parents, name in (((1, 2), "centaur.n.01"), ((3,), "rose.n.01"), ((4,), "rose.n.02")):
        edges += [(parent, len(names)) for parent in parents]
        names.append(name)
    edges.append((0, len(names)))
    names.append("idea.n.01")
    np.savez(tmp_path / "wordnet30_nouns.npz", names=names, edges=np.array(edges))
    return tmp_path


def test_as_many_nouns_of_each_class_and_none_twice(hierarchy):
    texts = NounClasses(root=hierarchy, train=5).load()
    assert texts.classes == ("act", "animal", "artifact", "location", "person", "plant")
    parts = (texts.train, texts.validation, texts.test)
    for part, count in zip(parts, (5, VALIDATION, TEST), strict=True):
        assert np.bincount(np.array(part.targets, dtype=int)).tolist() == [count] * 6
        for noun, target in zip(part.texts, part.targets, strict=True):
            assert noun.startswith(texts.classes[int(target)])
    nouns = [noun for part in parts for noun in part.texts]
    assert len(set(nouns)) == len(nouns)
    assert texts.fingerprint() == NounClasses(root=hierarchy, train=5).load().fingerprint()


def test_a_noun_of_two_classes_or_of_none_is_left_out(hierarchy):
    texts = NounClasses(root=hierarchy, train=10).load()
    nouns = {noun for part in (texts.train, texts.validation, texts.test) for noun in part.texts}
    assert len(nouns) == 6 * 410
    assert not nouns & {"centaur", "rose", "idea"}
