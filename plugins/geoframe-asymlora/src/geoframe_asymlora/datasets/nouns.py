"""What kind of thing a noun names: six classes of WordNet's nouns. Torch-free."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from geoframe.config.fields import option
from geoframe.data import load_npz, stored_file
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geoframe_data import Texts

CLASSES = ("person.n.01", "animal.n.01", "plant.n.02", "artifact.n.01", "location.n.01", "act.n.02")
VALIDATION, TEST = 100, 300
"""Nouns of a class."""


@attrs.frozen(kw_only=True)
class NounClasses(Dataset):
    """Whether a noun of WordNet names a person, animal, plant, artifact, location or act.

    Nouns of one to six words that lie below exactly one of the six, as many of each, always the
    same; most nouns of the test part share no word with those of training.
    """

    provides = "texts"

    component: ClassVar[str] = "geoframe_asymlora.datasets.nouns:NounClasses"

    train: int = option(500, ge=1, le=2000, unit="nouns", help="Nouns of a class to train on.")
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/wordnet.")

    def load(self) -> Texts:
        """Read the nouns.

        Raises
        ------
        DataError
            If the file is not found.
        """
        from geoframe_data.texts import Split, Texts

        stored = load_npz(stored_file("wordnet", "wordnet30_nouns.npz", self.root))
        classes = tuple(sorted(name.partition(".")[0] for name in CLASSES))
        found = _nouns([str(name) for name in stored["names"]], stored["edges"])
        stream = np.random.RandomState(0)
        drawn = [stream.permutation(sorted(found[name])).tolist() for name in classes]

        def part(first: int, count: int) -> Split:
            return Split(
                texts=[noun for nouns in drawn for noun in nouns[first : first + count]],
                targets=[float(number) for number in range(len(classes)) for _ in range(count)],
            )

        return Texts(
            kind="classification",
            classes=classes,
            metric="accuracy",
            train=part(VALIDATION + TEST, self.train),
            validation=part(0, VALIDATION),
            test=part(VALIDATION, TEST),
        )


def _nouns(names: list[str], edges: NDArray[np.int64]) -> dict[str, list[str]]:
    """Return the nouns below exactly one of the classes, in all their senses.

    Parameters
    ----------
    names
        Names of the concepts, ``winter_squash.n.02``, say.
    edges
        ``(edges, 2)``: the numbers of a concept and of one below it.
    """
    parents: list[list[int]] = [[] for _ in names]
    for parent, child in edges.tolist():
        parents[child].append(parent)
    own = {names.index(name): name.partition(".")[0] for name in CLASSES}

    @cache
    def above(concept: int) -> frozenset[str]:
        mine = {own[concept]} if concept in own else set()
        return frozenset(mine.union(*map(above, parents[concept])))

    senses: dict[str, frozenset[str]] = {}
    for concept, name in enumerate(names):
        noun = name.rsplit(".", 2)[0].replace("_", " ")
        senses[noun] = senses.get(noun, frozenset()) | (above(concept) or {""})
    found: dict[str, list[str]] = {name: [] for name in own.values()}
    for noun, kinds in senses.items():
        if len(kinds) == 1 and (kind := next(iter(kinds))):
            found[kind].append(noun)
    return found
