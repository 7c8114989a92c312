"""Runs from end to end: results, queries, new nodes, export."""

import json
from pathlib import Path

import numpy as np
import pytest
from hnn_trees import complete, needs_data, stored, write

import geoframe
from geoframe.errors import ConfigError, DataError
from geoframe.testing import check_component
from geoframe_hnn.hyperbolic.embedded_tree import embed_tree
from geoframe_hnn.quality import NodeDistances, measure_items

SMALL = {"name": "complete-tree", "branching": 3, "depth": 3}
EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def constructed(tmp_path_factory):
    path = tmp_path_factory.mktemp("runs") / "constructed"
    return geoframe.run_method("hnn", {"data": {"dataset": SMALL}}, path=path)


@pytest.fixture(scope="module")
def distilled(tmp_path_factory):
    config = {
        "compare": [{"name": "euclidean", "dim": 2}, {"name": "euclidean", "dim": 2}],
        "data": {"dataset": SMALL},
        "embedder": {"name": "hyperbolic-network", "hidden": 16, "layers": 1},
        "trainer": {"steps": 20},
        "hnn": {"fit": "distil", "scale": 1.0},
    }
    return geoframe.run_method("hnn", config, path=tmp_path_factory.mktemp("runs") / "distilled")


def test_names_that_look_like_formulas_are_drawn(tmp_path):
    path = tmp_path / "tree.nwk"
    path.write_text(r"('a$\frac$':1,'b$':1)'$r^$':0;")
    run = geoframe.run_method("hnn", {"data": {"path": str(path)}}, path=tmp_path / "run")
    assert r"a$\frac$" in (run.path / "figures" / "poincare_disc.svg").read_text()


def test_a_construction_is_certified_and_reported(constructed):
    metrics = constructed.results["metrics"]
    assert 1.0 < metrics["distortion_worst_pairs"] <= metrics["certified_distortion"] <= 1.1
    assert metrics["map_edges"] == 1.0
    assert metrics["mean_rank_edges"] == 1.0
    assert metrics["any_euclidean_at_least"] == pytest.approx(1.4, abs=0.1)
    assert (constructed.path / "figures" / "poincare_disc.svg").stat().st_size > 1000
    assert (constructed.path / "report.html").exists()
    assert "no pair of nodes is distorted by more than" in constructed.results["notes"][0]


def test_queries_by_name(constructed):
    trained = geoframe.open_run(constructed.path).load()
    tree = trained.tree
    near = trained.nearest(["0", "4"], 3)
    assert near["distance"].iloc[0] == pytest.approx(1.0)
    assert set(near[near["name"] == "0"]["neighbor"]) == {"1", "2", "3"}
    found = trained.distance(["13", "14"], "4")["distance"]
    assert found.tolist() == pytest.approx([1.0, 1.0])
    assert trained.distance("13", "39")["distance"].item() <= 6.0
    assert isinstance(trained, geoframe.Trained)
    assert repr(trained) == "TrainedTree(40 nodes in H^2)"
    assert "<img" in trained._repr_html_()
    assert trained.to_frame().loc["39", "root_distance"] == pytest.approx(3.0, rel=0.1)
    rng = np.random.default_rng(0)
    for u, v in rng.integers(len(tree), size=(30, 2)):
        expected = tree.names[int(tree.lca(u, v))]
        found = trained.common_ancestor(tree.names[u], tree.names[v])
        assert found["ancestor"].tolist() == [expected]
    with pytest.raises(DataError, match="no node 'nobody'"):
        trained.distance("nobody", "1")


def test_new_nodes_are_attached(constructed, tmp_path):
    run = geoframe.open_run(constructed.path)
    file = write(tmp_path, "new.csv", "parent,child,length\n4,x,2\nx,y,0.5\n")
    found = run.method.apply(run, file)
    assert found.index.tolist() == ["x", "y"]
    assert found["parent"].tolist() == ["4", "x"]
    assert run.load().apply(str(file)).equals(found)
    assert found["root_distance"].tolist() == pytest.approx([4.0, 4.5], rel=0.2)
    with pytest.raises(DataError, match="'q' is neither a node of the run nor given a parent"):
        run.method.apply(run, write(tmp_path, "bad.csv", "q,x,2\n"))
    with pytest.raises(DataError, match="it is there already"):
        run.method.apply(run, write(tmp_path, "bad.csv", "1,2,1\n"))
    with pytest.raises(DataError, match=r"bad.csv:2: 'x' has two parents, '4' and '3'"):
        run.method.apply(run, write(tmp_path, "bad.csv", "4,x,2\n3,x,2\n"))


def test_new_nodes_may_stand_in_any_order_and_names_be_misspelt(constructed, tmp_path):
    run = geoframe.open_run(constructed.path)
    file = write(tmp_path, "new.csv", "parent,child\nb,c\n4,b\n")
    assert run.method.apply(run, file).index.tolist() == ["b", "c"]
    with pytest.raises(DataError, match=r"has a cycle '(d|e)' -> '(d|e)' -> '(d|e)'"):
        run.method.apply(run, write(tmp_path, "new.csv", "parent,child\nd,e\ne,d\n"))
    with pytest.raises(DataError, match=r"'3O' is neither.*; did you mean '3"):
        run.method.apply(run, write(tmp_path, "new.csv", "parent,child\n3O,x\n"))
    with pytest.raises(DataError, match="k must be 0 or more"):
        run.load().nearest("0", -1)


PHYLOGENY = "(((a:1,b:2):0.5,(c:1,d:0):0.25):1,e:3{new});"


@pytest.fixture(scope="module")
def phylogeny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phylogeny")
    data = {"path": str(write(folder, "tree.nwk", PHYLOGENY.format(new="")))}
    return geoframe.open_run(geoframe.run_method("hnn", {"data": data}, path=folder / "run").path)


def test_nodes_of_the_run_keep_their_place_though_inner_ones_have_no_names(phylogeny, tmp_path):
    whole = phylogeny.load().to_frame()
    same = write(tmp_path, "same.nwk", PHYLOGENY.format(new=""))
    found = phylogeny.method.apply(phylogeny, same)
    assert {*found.index} == {*whole.index} - {whole.index[0]}
    assert found.equals(whole.loc[found.index])
    grown = write(tmp_path, "grown.nwk", PHYLOGENY.format(new=",(f:1)g:2"))
    more = phylogeny.method.apply(phylogeny, grown)
    assert {*more.index} - {*found.index} == {"f", "g"}
    assert more.loc["g", "parent"] == whole.index[0]
    assert more.loc[found.index].equals(found)


@pytest.mark.parametrize(
    ("tree", "message"),
    [
        ("((a:1,b:2):0.5,(x:1,y:1):1);", "unnamed node 4 is above no node of the run; give it a"),
        ("((a:1,x:1):0.2,(c:1,d:0):0.25);", "has the length 0.2, but 0.5 in the run"),
        ("((a:1,c:1):0.5,e:3);", "'a': it is there already, with other neighbours"),
    ],
)
def test_a_file_of_another_tree_is_refused(phylogeny, tmp_path, tree, message):
    with pytest.raises(DataError, match=message):
        phylogeny.method.apply(phylogeny, write(tmp_path, "other.nwk", tree))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"hnn": {"fit": "gradient"}}, "one node has no distances to train on"),
        ({"compare": [{"name": "euclidean", "dim": 2}]}, "one node has no distances"),
        ({"hnn": {"scale": 1e300}}, "hnn.scale: at this scale"),
        ({"compare": [{"name": "minkowski", "dim": 2}], "trainer": {"steps": 1}}, "negative dist"),
        ({"geometry": {"curvature": -float("inf")}}, "curvature: -inf is"),
    ],
)
def test_what_cannot_be_computed_is_told(settings, message, tmp_path):
    nodes = 1 if "one node" in message else 2
    config = {"data": {"dataset": {"name": "random-tree", "nodes": nodes}}, **settings}
    with pytest.raises((DataError, ConfigError), match=message):
        geoframe.run_method("hnn", config, path=tmp_path / "run")


def test_exported_nodes_are_complete(constructed, tmp_path):
    run = geoframe.open_run(constructed.path)
    run.method.export(run, tmp_path)
    arrays = np.load(tmp_path / "nodes.npz")
    assert len(arrays["name"]) == 40
    assert np.hypot(arrays["direction_0"], arrays["direction_1"]) == pytest.approx(1.0)
    assert json.loads((tmp_path / "space.json").read_text())["curvature"] == -1.0


def test_networks_are_compared_kept_and_applied(distilled, tmp_path):
    metrics = distilled.results["metrics"]
    for name in ("distilled_network", "euclidean_2", "euclidean_2_(2)"):
        assert 0.0 < metrics[f"{name}_relative_error_mean_pairs"] < 10.0
    rows = distilled.results["tables"]["embeddings"]
    assert rows[0]["embedding"] == "construction"
    run = geoframe.open_run(distilled.path)
    trained = run.load()
    kept = trained.network.points
    assert trained.network.embedding().shape == kept.shape == (40, 2)
    # The network takes a known node, named again, to where its twin would be embedded.
    file = write(tmp_path, "new.csv", "4,twin,1\n")
    found = run.method.apply(run, file)
    assert found.filter(like="point_").shape == (1, 2)
    known = trained.tree.names[1]
    file = write(tmp_path, "known.csv", f"{trained.tree.names[0]},{known},1\n")
    assert run.method.apply(run, file).filter(like="point_").to_numpy() == pytest.approx(
        kept[[1]].numpy()
    )
    run.method.export(run, tmp_path / "out")
    assert (tmp_path / "out" / "network.safetensors").exists()


def test_a_network_on_features_embeds_new_features(tmp_path):
    rng = np.random.default_rng(0)
    data = tmp_path / "tree.npz"
    features = rng.standard_normal((15, 4)).astype(np.float32)
    np.savez(data, parent=(np.arange(15) - 1) // 2, features=features)
    config = {
        "data": {"path": str(data)},
        "embedder": {"name": "hyperbolic-network", "kind": "layers", "hidden": 8, "layers": 1},
        "geometry": {"name": "hyperboloid", "dim": 2},
        "trainer": {"steps": 5},
        "hnn": {"fit": "gradient"},
    }
    run = geoframe.run_method("hnn", config, path=tmp_path / "run")
    run = geoframe.open_run(run.path)
    np.savez(tmp_path / "same.npz", features=features)
    found = run.method.apply(run, tmp_path / "same.npz").to_numpy()
    assert found == pytest.approx(run.load().network.points.numpy(), abs=1e-5)


@pytest.mark.parametrize("fit", ["memorise", "gradient"])
def test_other_fits(fit, tmp_path):
    config = {
        "data": {"dataset": SMALL},
        "geometry": {"name": "poincare", "dim": 2, "curvature": -0.5},
        "trainer": {"steps": 5},
        "hnn": {"fit": fit, "optimizer": "riemannian", "scale": 2.0},
    }
    run = geoframe.run_method("hnn", config, path=tmp_path / "run")
    metrics = run.results["metrics"]
    if fit == "memorise":
        found = metrics["memorising_network_distortion_worst_pairs"]
        assert found == pytest.approx(metrics["distortion_worst_pairs"], rel=1e-6)
        assert metrics["network_weights"] == 2 + 39 * 3 + 2
    else:
        assert metrics["trained_network_relative_error_mean_pairs"] > 0
        assert geoframe.open_run(run.path).load().nearest("0", 2)["rank"].tolist() == [1, 2]


def test_flat_spaces_are_only_for_comparison(tmp_path):
    with pytest.raises(ConfigError, match="cannot hold the construction"):
        geoframe.run_method(
            "hnn",
            {"data": {"dataset": SMALL}, "geometry": {"name": "euclidean", "dim": 2}},
            path=tmp_path / "run",
        )


def test_datasets_that_are_no_trees_are_refused(tmp_path):
    from geoframe_registry.discovery import find

    try:
        find("dataset", "installed-distributions")
    except geoframe.PluginError:
        pytest.skip("no dataset of another method is installed")
    with pytest.raises(DataError, match="not a tree"):
        geoframe.run_method(
            "hnn",
            {"data": {"dataset": {"name": "installed-distributions"}}},
            path=tmp_path / "run",
        )


@pytest.mark.parametrize("example", ["python-library", "network"])
def test_examples_run(example, tmp_path):
    from geoframe.config import load_toml

    table = load_toml(EXAMPLES / f"{example}.toml").values
    table.setdefault("hnn", {})["refine"] = 3
    if example == "network":
        table["trainer"]["steps"] = 3
    run = geoframe.run_method("hnn", table, path=tmp_path / "run")
    assert run.results["metrics"]["distortion_worst_pairs"] > 1.0


def test_all_examples_are_valid():
    from geoframe.config import load_toml
    from geoframe_registry.configs import configure

    for example in EXAMPLES.glob("*.toml"):
        configure("hnn", load_toml(example))


@needs_data
def test_mammals_are_reconstructed_perfectly():
    from geoframe_hnn.data import load_tree
    from geoframe_hnn.data_config import TreeDataConfig
    from geoframe_registry.configs import component

    dataset = component("dataset", {"name": "wordnet-tree", "subset": "mammals"})
    tree = load_tree(TreeDataConfig(dataset=dataset, multiple_parents="first", lengths="nested"))
    found = measure_items(NodeDistances(embed_tree(tree)), tree, "ancestors", 1180)
    assert found["map_ancestors"] == found["mean_rank_ancestors"] == 1.0


def test_ranking_counts_what_stands_between():
    class Shuffled:
        def __len__(self):
            return 7

        def distance(self, u, v):
            u, v = np.broadcast_arrays(u, v)
            return np.abs(u - v).astype(float)

    tree = complete(2, 2)  # 0; 1 2; 3 4 5 6
    found = measure_items(NodeDistances(Shuffled()), tree, "edges", 7)
    # Of node 0: 1, 2 related, none between. Of node 6: only 2, behind 5, 4 and 3.
    ranks = {0: [1, 1], 6: [4], 5: [4], 4: [5], 3: [4], 1: [2, 2, 3], 2: [2, 4, 4]}
    expected = np.mean([rank for found in ranks.values() for rank in found])
    assert found["mean_rank_edges"] == pytest.approx(expected, abs=0.5)
    assert found["map_edges"] < 1.0


@needs_data
def test_neighbours_in_weighted_trees_are_the_nearest_not_the_ends_of_edges():
    tree = stored("pythonidae")
    found = measure_items(NodeDistances(embed_tree(tree)), tree, "edges", 10)
    assert found["map_pairs"] > 0.9
    assert "map_edges" not in found


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("method", "hnn"),
        ("geometry", "hyperbolic-polar"),
        ("embedder", "hyperbolic-network"),
        ("dataset", "python-library"),
        ("dataset", "stored-tree"),
        ("dataset", "wordnet-tree"),
        ("dataset", "complete-tree"),
        ("dataset", "random-tree"),
    ],
)
def test_components_conform(kind, name):
    from geoframe_registry.discovery import find

    check_component(find(kind, name)).raise_for_failures()
