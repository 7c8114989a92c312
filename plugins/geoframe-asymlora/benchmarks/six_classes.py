"""B against LoRA on short texts of six coarse classes: what kind of thing a noun names.

    OMP_NUM_THREADS=1 python six_classes.py [--folder runs/six-classes] [--train 3000]

Not TREC, whose questions are not among the data sets here, but its nearest neighbour there: the
nouns of WordNet 3.0 (one to six words) that lie below exactly one of person, animal, plant,
artifact, location and act, as many of each. Most of the test nouns share no word with those of
training. Compares the output layer alone, B at equal rank (half of LoRA's parameters), B at equal
parameters and LoRA, each at its own best of the same learning rates, 3 seeds. Some 20 minutes of
a core; may be interrupted. Needs GEOFRAME_DATA.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

import geoframe
from geoframe.data import stored_file

CLASSES = ("person.n.01", "animal.n.01", "plant.n.02", "artifact.n.01", "location.n.01", "act.n.02")


def nouns() -> list[tuple[str, str]]:
    """Return (class, noun) for the nouns below exactly one of the classes."""
    stored = np.load(stored_file("wordnet", "wordnet30_nouns.npz"))
    names = [str(name) for name in stored["names"]]
    parents: list[list[int]] = [[] for _ in names]
    for parent, child in stored["edges"]:
        parents[child].append(int(parent))
    own = {names.index(name): name.partition(".")[0] for name in CLASSES}
    known: dict[int, frozenset[str]] = {}

    def above(node: int) -> frozenset[str]:
        if node not in known:
            mine = {own[node]} if node in own else set()
            known[node] = frozenset(mine.union(*map(above, parents[node])))
        return known[node]

    words = [name.rsplit(".", 2)[0].replace("_", " ") for name in names]
    found: dict[str, frozenset[str]] = {}
    for node, word in enumerate(words):  # a word of two classes in two senses is left out
        found[word] = found.get(word, frozenset()) | (above(node) or {""})
    single = ((next(iter(each)), word) for word, each in found.items() if len(each) == 1)
    return [(label, word) for label, word in single if label]


def write(folder: Path, train: int) -> None:
    """Draw training, validation and test files, as many nouns of each class, always the same."""
    folder.mkdir(parents=True, exist_ok=True)
    by_class: dict[str, list[str]] = {}
    for label, word in nouns():
        by_class.setdefault(label, []).append(word)
    stream = np.random.RandomState(0)
    sizes = {"train": train // 6, "validation": 100, "test": 300}
    rows: dict[str, list[str]] = {name: ["label\ttext"] for name in sizes}
    for label, words in sorted(by_class.items()):
        drawn = iter(stream.permutation(sorted(words)).tolist())
        for name, size in sizes.items():
            rows[name] += [f"{label}\t{next(drawn)}" for _ in range(size)]
    for name, lines in rows.items():
        (folder / f"{name}.tsv").write_text("\n".join(lines) + "\n")


def settings(folder: Path) -> dict[str, object]:
    return {
        "compare": True,
        "model": {"head": "mean", "dropout": 0.0, "attention": "eager", "max_length": 32},
        "data": {"path": str(folder / "data")},
        "adapter": {"targets": ["query", "key", "value"]},
        "trainer": {
            "epochs": 3,
            "batch_size": 32,
            "learning_rate": 0.002,
            "warmup": 10,
            "precision": "bf16",
        },
        "comparison": {"modes": ["head", "B", "B-equal", "both"], "rates": [0.3, 1, 3, 9]},
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, default=Path("runs/six-classes"))
    parser.add_argument("--train", type=int, default=3000)
    given = parser.parse_args()
    write(given.folder / "data", given.train)
    config = settings(given.folder)
    run = geoframe.run_method("asymlora", config, path=given.folder / "run", resume=True)
    print(f"{'mode':10}{'trained':>9}{'accuracy':>10}{'sd':>7}{'rate':>8}")
    for row in run.results["tables"]["modes"]:
        accuracy, sd = 100 * row["accuracy"], 100 * row["sd"]
        rate = row["learning_rate"]
        print(f"{row['mode']:10}{row['trained']:>9,}{accuracy:>10.1f}{sd:>7.1f}{rate:>8.4f}")
    print(*run.results["notes"], sep="\n")


if __name__ == "__main__":
    main()
