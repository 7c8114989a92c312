"""The datasets: counts as published, weights as defined, and what is installed here."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geoframe.components import ComponentSpec
from geoframe.config import TomlTable, load_toml, structure
from geoframe.errors import DataError
from geoframe_data.graph import Graph
from geoframe_nst.data import load_graph
from geoframe_nst.data_config import GraphDataConfig
from geoframe_nst.datasets import installed
from geoframe_nst.datasets.installed import InstalledDistributions
from geoframe_nst.datasets.requirements import requirement_distance

needs_data = pytest.mark.skipif(
    "GEOFRAME_DATA" not in os.environ, reason="GEOFRAME_DATA is not set: no stored datasets"
)
ENTRY_POINTS = {
    point.name: point.value
    for point in metadata.distribution("geoframe-nst").entry_points
    if point.group == "geoframe.datasets"
}


def resolve(kind: str, name: str) -> ComponentSpec:
    return ComponentSpec(
        kind=kind, name=name, target=ENTRY_POINTS[name], distribution="geoframe-nst", version="0"
    )


def dataset(name: str, **options: Any) -> GraphDataConfig:
    policy = {key: options.pop(key) for key in ("cycles",) if key in options}
    table = {"dataset": {"name": name, **options}, **policy}
    return structure(GraphDataConfig, TomlTable(table), resolve)


def load(name: str, **options: Any) -> Graph:
    return load_graph(dataset(name, cycles="keep", **options))


@needs_data
@pytest.mark.parametrize(
    ("name", "options", "nodes", "edges"),
    [
        ("nst-synthetic", {}, 50, 1102),
        ("nst-synthetic", {"p": 50}, 50, 611),
        ("nst-synthetic", {"p": 10}, 50, 123),
        ("webkb", {"source": "geomgcn"}, 183, 298 - 3),
        ("webkb", {"source": "geomgcn", "university": "texas"}, 183, 325 - 16),
        ("webkb", {"source": "geomgcn", "university": "wisconsin"}, 251, 515 - 16),
        ("webkb", {}, 195, 304 - 3),
        ("webkb", {"university": "texas"}, 187, 328 - 18),
        ("webkb", {"university": "wisconsin"}, 265, 530 - 20),
        ("dream5", {}, 1565, 4012),
        ("dream5", {"network": "ecoli"}, 1081, 2066),
        ("bnlearn", {}, 37, 46),
        ("bnlearn", {"network": "pigs", "weight": "inverse"}, 441, 592),
        ("debian", {}, 7354, 31094),
        ("debian", {"reduction": True}, 7354, 16291),
        ("wordnet", {}, 1180, 1180),
        ("wordnet", {"closure": True}, 1180, 6540),
        ("wordnet", {"subset": "nouns"}, 82115, 84427),
        ("citations", {}, 5996, 38386),
    ],
)
def test_stored_datasets_have_the_published_counts(
    name: str, options: dict[str, Any], nodes: int, edges: int
) -> None:
    graph = load(name, **options)
    assert (len(graph), len(graph.edges)) == (nodes, edges)
    acyclic = name not in ("webkb", "dream5")
    assert any("cycles" in note for note in graph.repairs) is not acyclic


@needs_data
@pytest.mark.parametrize("weight_type", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("p", [90, 50, 10])
def test_corrected_synthetic_weights_are_functions_of_the_features(
    p: int, weight_type: int
) -> None:
    graph = load("nst-synthetic", p=p, weight_type=weight_type, mixup=False)
    assert graph.features is not None
    x, y = graph.features[graph.edges[:, 0]], graph.features[graph.edges[:, 1]]
    e = np.linalg.norm((x - y).astype(float), axis=1)
    formula = {
        1: e**0.5 * np.log(1 + e) ** 0.5,
        2: e**0.1 * np.log(1 + e) ** 0.9,
        3: 1 - 1 / (1 + e**0.5),
        4: 1 - np.exp((1 - e) / np.log(e)),
        5: 1 - 1 / (1 + e**0.2 + e**0.5),
    }[weight_type]
    np.testing.assert_allclose(graph.weights, formula, rtol=1e-6)
    mixed = load("nst-synthetic", p=p, weight_type=weight_type)
    np.testing.assert_array_equal(mixed.weights, graph.weights)
    assert mixed.features is not None
    assert not np.array_equal(mixed.features, graph.features)
    assert sorted(mixed.features.tolist()) == sorted(graph.features.tolist())


@needs_data
def test_cornell_of_geom_gcn_has_the_words_of_texas() -> None:
    cornell, texas = (
        load("webkb", source="geomgcn", university=name).features for name in ("cornell", "texas")
    )
    np.testing.assert_array_equal(cornell, texas)


@needs_data
def test_the_closure_of_the_mammals_is_the_stored_one() -> None:
    graph = load("wordnet", closure=True)
    path = Path(os.environ["GEOFRAME_DATA"]) / "wordnet" / "mammals_closure.npz"
    with np.load(path, allow_pickle=False) as arrays:
        stored = {tuple(pair) for pair in arrays["closure"].tolist()}
    assert {tuple(pair) for pair in graph.edges.tolist()} == stored
    length = {tuple(e): w for e, w in zip(graph.edges.tolist(), graph.weights, strict=True)}
    direct = load("wordnet").edges.tolist()
    for u, v in direct:  # information adds up along paths
        for x, w in direct:
            if x == v:
                assert length[u, w] == pytest.approx(length[u, v] + length[v, w])


@needs_data
def test_citations_go_forward_in_time() -> None:
    graph = load("citations")
    assert graph.times is not None
    assert (graph.times[graph.edges[:, 0]] < graph.times[graph.edges[:, 1]]).all()
    assert graph.weights.max() < 1


@needs_data
def test_a_cyclic_dataset_is_refused_by_default() -> None:
    with pytest.raises(DataError, match="dataset 'webkb': the graph has a cycle: 'http"):
        load_graph(dataset("webkb"))


def test_stored_datasets_say_where_they_were_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEOFRAME_DATA", raising=False)
    with pytest.raises(DataError, match=r"webkb/linqs_cornell.npz: GEOFRAME_DATA is not set; set"):
        load("webkb")
    monkeypatch.setenv("GEOFRAME_DATA", str(tmp_path))
    with pytest.raises(DataError, match=r"dream5.net1_insilico.npz: no such dataset file; set"):
        load("dream5")
    with pytest.raises(DataError, match=r"elsewhere.networks.json: no such dataset file"):
        load("bnlearn", root=str(tmp_path / "elsewhere"))
    (tmp_path / "networks.json").write_text('{"asia": {}}')
    with pytest.raises(DataError, match="no network 'asai'; did you mean 'asia'"):
        load("bnlearn", root=str(tmp_path), network="asai")


@pytest.mark.parametrize("name", sorted(ENTRY_POINTS))
def test_dataset_classes_are_their_own_options(name: str) -> None:
    spec = resolve("dataset", name)
    assert spec.options is spec.load()
    assert spec.declared.component == ENTRY_POINTS[name]  # type: ignore[attr-defined]
    assert spec.summary


def test_reading_data_needs_no_torch() -> None:
    modules = [target.partition(":")[0] for target in ENTRY_POINTS.values()]
    code = (
        f"import importlib, sys\nfor m in {['geoframe_nst.data', *modules]}: "
        "importlib.import_module(m)\nassert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


dags = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11)).filter(lambda e: e[0] < e[1]),
    min_size=1,
    unique=True,
)


@given(dags)
def test_the_requirement_distance_is_jaccards(pairs: list[tuple[int, int]]) -> None:
    graph = nx.DiGraph(pairs)
    graph.add_nodes_from(range(12))
    sets = [nx.ancestors(graph, node) | {node} for node in range(12)]
    jaccard = [1 - len(sets[u] & sets[v]) / len(sets[u] | sets[v]) for u, v in pairs]
    np.testing.assert_allclose(requirement_distance(12, np.array(pairs)), jaccard)


def _install(
    folder: Path, name: str, *requires: str, extras: tuple[str, ...] = (), kib: int = 1
) -> None:
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir()
    lines = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    lines += [f"Provides-Extra: {extra}" for extra in extras]
    lines += [f"Requires-Dist: {requirement}" for requirement in requires]
    (info / "METADATA").write_text("\n".join(lines) + "\n")
    (info / "RECORD").write_text(f"{name}.py,,{kib * 1024}\n{name}.pyc,,99999\n")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = metadata.distributions
    monkeypatch.setattr(installed.metadata, "distributions", lambda: found(path=[str(tmp_path)]))
    return tmp_path


def _edges(graph: Graph) -> dict[tuple[str, str], float]:
    return {
        (graph.names[u], graph.names[v]): weight
        for (u, v), weight in zip(graph.edges.tolist(), graph.weights.tolist(), strict=True)
    }


def test_requirements_markers_and_extras(environment: Path) -> None:
    _install(environment, "Base_Lib", kib=7)
    _install(environment, "fast", "base.lib>=1")
    _install(environment, "h2")
    _install(
        environment, "web", "base-lib", 'h2; extra == "http2"', 'web[http2]; extra == "all"',
        extras=("http2", "all"),
    )  # fmt: skip
    _install(environment, "app", "web[all]", 'fast; python_version < "3"', "not-there")
    _install(environment, "odd", "this is no requirement !", "h2")
    (environment / "rest-1.0.dist-info").mkdir()  # what an interrupted uninstall leaves
    graph = InstalledDistributions().load()
    assert graph.names == ("app", "base-lib", "fast", "h2", "odd", "web")
    assert _edges(graph) == pytest.approx(
        {
            ("base-lib", "fast"): 1 - 1 / 2,
            ("base-lib", "web"): 1 - 1 / 2,
            ("web", "app"): 1 - 2 / 4,
            ("h2", "app"): 1 - 1 / 4,
            ("h2", "odd"): 1 - 1 / 2,
        }
    )
    assert graph.times is not None
    assert graph.times.tolist() == [2, 0, 1, 0, 1, 1]
    assert graph.features is not None
    np.testing.assert_allclose(np.expm1(graph.features[1]), [0, 2, 1, 7], rtol=1e-6)
    assert graph.repairs == ("passed over 1 requirements that cannot be parsed",)


def test_distributions_that_require_each_other_are_merged(environment: Path) -> None:
    _install(environment, "a", "b")
    _install(environment, "b", "a", "c")
    _install(environment, "c")
    graph = InstalledDistributions().load()
    assert _edges(graph) == {("c", "a+b"): 0.5}
    assert "condensed 1 groups of nodes on cycles" in graph.repairs[0]


def test_an_environment_without_requirements_is_refused(environment: Path) -> None:
    _install(environment, "a")
    with pytest.raises(DataError, match="installed distributions: the graph has no edges"):
        InstalledDistributions().load()


def test_this_environment_is_the_default() -> None:
    graph = load_graph(structure(GraphDataConfig, TomlTable({}), resolve))
    assert ("numpy", "geoframe-nst") in _edges(graph)
    assert ("geoframe-core", "geoframe-nst") in _edges(graph)
    assert graph.times is not None
    assert (graph.times[graph.edges[:, 0]] < graph.times[graph.edges[:, 1]]).all()
    again = load_graph(structure(GraphDataConfig, TomlTable({}), resolve))
    assert graph.fingerprint() == again.fingerprint()


def test_the_examples_load_and_their_file_is_what_the_script_writes(tmp_path: Path) -> None:
    examples = Path(__file__).parent.parent / "examples"
    table = load_toml(examples / "edges.toml").values["data"]
    graph = load_graph(structure(GraphDataConfig, TomlTable(table), resolve))
    assert ("enum", "re") in _edges(graph)
    assert "genericpath+ntpath+os+posixpath" in graph.names
    written = tmp_path / "imports.csv"
    script = examples / "make_stdlib_imports.py"
    subprocess.run([sys.executable, str(script), str(written)], check=True, timeout=60)
    lines, shipped = (
        p.read_text().splitlines() for p in (written, examples / "stdlib_imports.csv")
    )
    assert lines[1] == shipped[1] == "source,target,weight"
    if lines[0] == shipped[0]:  # the same version of Python; its patch releases differ little
        assert len(set(lines) ^ set(shipped)) < 0.1 * len(shipped)
