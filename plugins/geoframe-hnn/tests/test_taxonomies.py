"""Trees whose nodes have several parents: all are known, in the run and in what it writes."""

import json

import pandas as pd
import pytest
from click.testing import CliRunner
from hnn_trees import write

import geoframe
from geoframe.errors import DataError
from geoframe_data.guess import guess as guess_of
from geoframe_hnn.data import load_tree
from geoframe_hnn.data_config import TreeDataConfig
from geoframe_hnn.method import HyperbolicNeuralNetworks
from geoframe_hnn.quality import NodeDistances, measure_items
from geoframe_hnn.verbs import hnn

PETS = (
    "parent,child\nanimal,pet\nanimal,mammal\nmammal,carnivore\ncarnivore,dog\ncarnivore,cat\n"
    "pet,dog\npet,cat\nmammal,cat\nanimal,fish\npet,goldfish\nfish,goldfish\ncarnivore,wolf\n"
)


@pytest.fixture(scope="module")
def pets(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pets")
    data = {"path": str(write(folder, "pets.csv", PETS)), "multiple_parents": "keep"}
    return geoframe.run_method("hnn", {"data": data}, path=folder / "run")


def test_an_opened_run_knows_every_parent(pets):
    trained = geoframe.open_run(pets.path).load()
    found = trained.parents(["cat", "animal", "wolf"])
    assert found.values.tolist() == [
        ["cat", "carnivore", True],
        ["cat", "pet", False],
        ["cat", "mammal", False],
        ["wolf", "carnivore", True],
    ]
    assert trained.precedes(["pet", "mammal", "pet", "dog"], ["cat", "cat", "wolf", "dog"])[
        "precedes"
    ].tolist() == [True, True, False, True]
    above = trained.nearest("cat", 9, before=True)
    assert above["neighbor"].tolist()[0] == "carnivore"
    assert {*above["neighbor"]} == {"carnivore", "pet", "mammal", "animal"}
    assert above["distance"].is_monotonic_increasing
    assert {*trained.nearest("pet", 9, after=True)["neighbor"]} == {"dog", "cat", "goldfish"}
    assert trained.nearest("pet", 9, after=True, before=True).empty
    assert pets.results["metrics"]["further_parents"] == 4
    assert "nodes with several parents (3)" in " ".join(pets.results["notes"])


def test_the_shell_answers_for_every_parent(pets):
    def ask(*words, given=None):
        done = CliRunner().invoke(hnn, [words[0], str(pets.path), *words[1:]], input=given)
        assert done.exit_code == 0, done.output
        return done.stdout

    given = "u,v\npet,cat\ncat,pet\n"
    assert ask("precedes", "--file", "-", given=given).split()[1:] == [
        "pet,cat,True",
        "cat,pet,False",
    ]
    (row,) = json.loads(ask("precedes", "pet", "cat", "--json"))
    assert row == {"u": "pet", "v": "cat", "precedes": True}
    assert ask("parents", "goldfish").split()[-6:] == [
        *("goldfish", "pet", "True"),
        *("goldfish", "fish", "False"),
    ]
    (row,) = json.loads(ask("ancestor", "cat", "goldfish", "--json"))
    assert row["true_ancestor"] == "pet"
    rows = json.loads(ask("nearest", "dog", "--before", "--json"))
    assert {row["neighbour"] for row in rows} == {"carnivore", "mammal", "pet", "animal"}


def test_all_edges_are_exported(pets, tmp_path):
    run = geoframe.open_run(pets.path)
    run.method.export(run, tmp_path)
    found = pd.read_parquet(tmp_path / "parents.parquet")
    given = {tuple(line.split(",")) for line in PETS.splitlines()[1:]}
    assert {*zip(found["parent"], found["child"], strict=True)} == given
    assert found["tree"].sum() == 8


def test_new_nodes_hang_from_the_longest_chain(pets, tmp_path):
    run = geoframe.open_run(pets.path)
    file = write(tmp_path, "new.csv", PETS + "pet,puppy\ndog,puppy\nanimal,baby\npuppy,baby\n")
    found = run.method.apply(run, file)
    assert found.loc["puppy", "parent"] == "dog"
    assert found.loc["baby", "parent"] == "puppy"
    assert len(found) == 10
    with pytest.raises(DataError, match="'cat': it is there already, with other neighbours"):
        run.method.apply(run, write(tmp_path, "other.csv", "parent,child\nfish,cat\n"))


def test_measures_count_every_parent(tmp_path):
    data = TreeDataConfig(
        path=write(tmp_path, "pets.csv", PETS), dataset=None, multiple_parents="keep"
    )
    tree = load_tree(data)
    for relation in ("edges", "ancestors"):
        found = measure_items(NodeDistances(tree), tree, relation, len(tree))
        assert found[f"mean_rank_{relation}"] > 1.0  # 'pet' is not near 'cat' in the tree
    one = load_tree(
        TreeDataConfig(
            path=write(tmp_path, "tree.csv", "parent,child\nr,a\na,b\na,c\n"),
            dataset=None,
            multiple_parents="keep",
        )
    )
    assert len(one.further) == 0
    assert measure_items(NodeDistances(one), one, "edges", 4)["map_edges"] == 1.0


@pytest.mark.parametrize(
    ("extra", "options"),
    [
        ("", None),
        ("n3,n9\n", {"data.multiple_parents": "keep"}),
        ("s,n9\n", {"data.multiple_parents": "keep", "data.roots": "join"}),
        ("s,t\n", {"data.roots": "join"}),
        ("".join(f"n3,n{k}\n" for k in range(9, 14)), None),
    ],
)
def test_what_is_nearly_a_tree_is_told_so(extra, options, tmp_path):
    chains = "".join(f"n{k // 2},n{k}\n" for k in range(2, 20))
    guess = guess_of(write(tmp_path, "taxonomy.csv", "parent,child\n" + chains + extra))
    found = HyperbolicNeuralNetworks().suits(guess)
    if not extra:
        assert guess.kind == "tree"
    elif options is None:
        assert found is None
    else:
        assert found.options == options
