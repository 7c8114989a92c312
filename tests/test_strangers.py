"""Strangers' components work by name in every method that takes their kind.

Where a method asks for a capability that a component lacks, one line says which.
"""

from __future__ import annotations

import sys
from pathlib import Path

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import torch

import geoframe
from geoframe import ConfigError

FOLDER = Path(__file__).parent / "strangers"
CAPABLE = "geoframe.capabilities"
DISTRIBUTIONS = {
    "spd": {"geoframe.geometries": {"spd": "stranger_spd:PositiveDefinite"}},
    "randers": {"geoframe.geometries": {"randers": "stranger_randers:Randers"}},
    "diamond": {
        "geoframe.geometries": {"causal-diamond": "stranger_diamond:CausalDiamond"},
        CAPABLE: {"geometry.causal-diamond.PartialOrder": f"{CAPABLE}:PartialOrder"},
    },
    "gat": {
        "geoframe.embedders": {"gat": "stranger_gat:GraphAttention"},
        CAPABLE: {"embedder.gat.UsesGraph": f"{CAPABLE}:UsesGraph"},
    },
    "lbfgs": {"geoframe.trainers": {"lbfgs": "stranger_lbfgs:LBFGS"}},
    "mixture": {"geoframe.samplers": {"mixture": "stranger_mixture:Mixture"}},
    "kappa": {
        "geoframe.geometries": {"kappa": "stranger_kappa:Stereographic"},
        CAPABLE: {"geometry.kappa.ConstantCurvature": f"{CAPABLE}:ConstantCurvature"},
    },
    "form": {
        "geoframe.geometries": {"weighted-form": "stranger_form:WeightedForm"},
        CAPABLE: {"geometry.weighted-form.BilinearForm": f"{CAPABLE}:BilinearForm"},
    },
    "stream": {
        "geoframe.samplers": {"stream": "stranger_stream:Stream"},
        CAPABLE: {"sampler.stream.Denoises": f"{CAPABLE}:Denoises"},
    },
    "peft": {
        "geoframe.adapters": {"ia3": "stranger_peft:IA3", "vera": "stranger_peft:VeRA"},
    },
}
TREE = nx.balanced_tree(2, 3, create_using=nx.DiGraph)
GEOMETRIES = {
    "spd": {"name": "spd"},
    "randers": {"name": "randers", "dim": 3},
    "causal-diamond": {"name": "causal-diamond", "dim": 3},
    "geoopt": {"name": "geoopt", "dim": 4, "manifold": "Lorentz"},
    "kappa": {"name": "kappa", "dim": 3},
}
GRADIENT = {"name": "gradient", "steps": 4}


@pytest.fixture(autouse=True)
def strangers(local_site, monkeypatch):
    """Every stranger's distribution is installed."""
    monkeypatch.syspath_prepend(str(FOLDER))
    for name, points in DISTRIBUTIONS.items():
        local_site.install(f"geoframe-stranger-{name}", points)
    yield
    for name in [each for each in sys.modules if each.startswith("stranger_")]:
        del sys.modules[name]


@pytest.fixture
def tables(tmp_path):
    """One small file of each kind."""
    rng = np.random.default_rng(0)
    (tmp_path / "edges.csv").write_text(
        "source,target,weight\n" + "".join(f"n{u},n{v},{1 + v % 3}\n" for u, v in TREE.edges)
    )
    x = rng.normal(size=(60, 3))
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    frame["target"] = np.where(x[:, 0] + 0.3 * x[:, 1] > 0, "yes", "no")
    frame.to_csv(tmp_path / "table.csv", index=False)
    frame.assign(target=x @ [1.0, 2.0, 3.0]).to_csv(tmp_path / "numbers.csv", index=False)
    np.savez(tmp_path / "items.npz", data=rng.normal(size=(40, 4)).astype(np.float32))
    return tmp_path


def run(method, config, path):
    """Run, open again, and export."""
    done = geoframe.run_method(method, config, path=path)
    opened = geoframe.open_run(path)
    trained = opened.load()
    folder = path.with_name(f"{path.name}-exported")
    folder.mkdir()
    assert list(opened.method.export(opened, folder))
    return done, trained


@pytest.mark.parametrize("name", GEOMETRIES)
@pytest.mark.parametrize("method", ["nst", "snowflake", "hnn"])
def test_a_geometry_embeds_graphs_and_trees(method, name, tables):
    config = {"geometry": GEOMETRIES[name], "trainer": GRADIENT}
    config["data"] = {"path": str(tables / "edges.csv")}
    if method == "snowflake":
        config["compare"] = []
    if method == "hnn":
        config = {"compare": [GEOMETRIES[name]], "trainer": GRADIENT, "data": config["data"]}
    _, trained = run(method, config, tables / "run")
    nearest = trained.nearest("n1", k=2)
    assert len(nearest) == 2


@pytest.mark.parametrize("name", GEOMETRIES)
def test_a_geometry_finds_latent_graphs(name, tables):
    config = {
        "geometry": GEOMETRIES[name],
        "trainer": GRADIENT,
        "data": {"path": str(tables / "table.csv"), "target": ["target"]},
    }
    _, trained = run("lgi", config, tables / "run")
    assert len(trained.apply(tables / "table.csv")) == 60


@pytest.mark.parametrize("method", ["nst", "snowflake", "hnn"])
def test_an_embedder_sees_the_graph(method, tables):
    config = {
        "embedder": {"name": "gat"},
        "trainer": GRADIENT,
        "data": {"path": str(tables / "edges.csv")},
    }
    if method == "hnn":
        config["hnn"] = {"fit": "gradient"}
    _, trained = run(method, config, tables / "run")
    embedding = (trained.network if method == "hnn" else trained).embedding
    edges = next(m for m in embedding.modules() if type(m).__name__ == "GraphAttention")
    assert edges.edges.shape[1] == 14  # bound again when the run was opened
    assert torch.equal(embedding(), (trained.network if method == "hnn" else trained).points)


def test_an_embedder_that_uses_a_graph_is_told_that_there_is_none(tmp_path):
    distances = np.abs(np.subtract.outer(np.arange(5.0), np.arange(5.0)))
    np.save(tmp_path / "distances.npy", distances)
    config = {"embedder": {"name": "gat"}, "data": {"path": str(tmp_path / "distances.npy")}}
    with pytest.raises(ConfigError, match="'gat' uses a graph, and the data are none"):
        geoframe.run_method("snowflake", config, path=tmp_path / "run")


@pytest.mark.parametrize("method", ["nst", "snowflake", "lgi"])
def test_a_trainer_fits_every_objective(method, tables):
    config = {"trainer": {"name": "lbfgs", "steps": 3}}
    config["data"] = {"path": str(tables / "edges.csv")}
    if method == "snowflake":
        config["geometry"] = {"name": "snowflake", "power": "metric"}  # not without trainer
    if method == "lgi":
        config["data"] = {"path": str(tables / "table.csv"), "target": ["target"]}
    done, _ = run(method, config, tables / "run")
    assert list(done.path.rglob("checkpoints/step-000000000003"))


def test_a_trainer_fits_experts(tables):
    config = {
        "trainer": {"name": "lbfgs", "steps": 3},
        "data": {"path": str(tables / "numbers.csv"), "target": "target"},
    }
    _, trained = run("pathways", config, tables / "run")
    assert "prediction" in trained.apply(tables / "numbers.csv")


LBFGS = {"name": "lbfgs", "steps": 2}


def small(method, folder):
    """A config of a small run with the trainer, and new data for what it trained."""
    table = folder / "table.csv"
    if method == "cgenn":
        data = {"path": str(table), "vectors": [["a", "b", "c"]], "target": ["target"]}
        network = {"replicas": 1, "channels": 4, "layers": 1}
        return {"data": data, "geometry": {"name": "weighted-form"}, "cgenn": network}, table
    if method == "ames":
        return {
            "data": {"path": str(table), "target": "target"},
            "embedder": {"name": "gat"},
            "graph": {"passes": 1},
            "ames": {"spaces": [{"name": "kappa", "dim": 2}]},
            "evaluation": {"trainer": {"steps": 2}, "peers": False},
        }, table
    if method == "dreamup3d":
        made = {"name": "tabletop-generated", "scenes": 6, "kinds": 4}
        return {"data": {"dataset": made}, "evaluation": {"pictures": 0}}, None
    if method == "sdi":
        return {
            "prior": {"name": "stream"},
            "guidance": {"scale": 1.0, "reduction": "sum"},
            "scene": {"images": 2},
            "sdi": {"compare": []},
            "evaluation": {"reference": 2, "gradient": 2},
        }, None
    data = {"path": str(folder / "edges.csv")}
    return {"data": data, "hnn": {"fit": "gradient"}, "compare": []}, folder / "edges.csv"


@pytest.mark.parametrize("method", ["cgenn", "ames", "dreamup3d", "sdi", "hnn"])
def test_a_trainer_fits_beside_strangers_of_other_kinds(method, tables):
    config, new = small(method, tables)
    done, trained = run(method, {**config, "trainer": LBFGS}, tables / "run")
    assert list(done.path.rglob("checkpoints/step-000000000002"))
    assert new is None or len(trained.apply(new))


@pytest.mark.parametrize("name", ["mixture", "stream"])
def test_a_sampler_samples(name, tables):
    config = {"sampler": {"name": name}, "data": {"path": str(tables / "items.npz")}}
    done = geoframe.run_method("cfdm", config, path=tables / "run")
    opened = geoframe.open_run(tables / "run")
    sampler = opened.method.sampler(opened)
    assert sampler.draw(5, seed=1)["items"].shape == (5, 4)
    assert done.finished
    if name == "stream":  # cut elsewhere, and after it was stored
        rest = sampler.draw(3, seed=1, first=2)["items"]
        assert torch.equal(rest, sampler.draw(5, seed=1)["items"][2:])


def test_one_draw_of_a_gradient_has_no_variance(tables):
    with pytest.raises(ConfigError, match="one draw has no variance"):
        geoframe.run_method("sdi", {"evaluation": {"gradient": 1}}, path=tables / "run")


def test_a_sampler_that_cannot_denoise_is_told_so(tables):
    with pytest.raises(ConfigError, match="'mixture' lacks Denoises"):
        geoframe.run_method("sdi", {"prior": {"name": "mixture"}}, path=tables / "run")


def test_a_sampler_without_labels_is_told_so(tables):
    config = {
        "sampler": {"name": "mixture"},
        "data": {"dataset": {"name": "digits"}},
        "cfdm": {"label": "3"},
    }
    with pytest.raises(ConfigError, match="'mixture' draws without conditions"):
        geoframe.run_method("cfdm", config, path=tables / "run")


def test_a_space_without_a_form_is_told_so(tables):
    frame = pd.read_csv(tables / "numbers.csv")
    frame.to_csv(tables / "vectors.csv", index=False)
    config = {
        "geometry": {"name": "spd"},
        "data": {
            "path": str(tables / "vectors.csv"),
            "vectors": [["a", "b", "c"]],
            "target": ["target"],
        },
    }
    with pytest.raises(ConfigError, match="'spd' lacks BilinearForm"):
        geoframe.run_method("cgenn", config, path=tables / "run")


@pytest.mark.parametrize(
    "name",
    [
        "spd",
        "randers",
        "causal-diamond",
        "lbfgs",
        "mixture",
        "gat",
        "kappa",
        "stream",
        "weighted-form",
    ],
)
def test_strangers_conform(name):
    from geoframe.testing import check_component
    from geoframe_registry.discovery import components, find

    kind = next(spec.kind for spec in components() if spec.name == name)
    report = check_component(find(kind, name), resolve=find)
    assert report.ok, str(report)


def test_geometries_are_ranked_beside_ours(strangers):
    from geoframe_embedding.spaces_compared import spaces

    assert {"spd", "randers", "causal-diamond"} <= {table["name"] for table in spaces()}
