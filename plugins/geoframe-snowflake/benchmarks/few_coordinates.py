"""Few coordinates: the joint fit beside classical scaling, SMACOF of scikit-learn, and UMAP.

    python benchmarks/few_coordinates.py [--items 300] [--dims 2 8 16] [--metrics words roads]

prints stress, rank correlation, triplets, neighbours kept and CPU seconds on five metrics made up
here: edit distances of words, warped time series, roads, steps in a graph, and dissimilarities
that violate the triangle inequality. UMAP is compared where umap-learn is installed, its distances
times the factor of least stress; its first call compiles for half a minute. The exit code is 1 if,
in 2 or 8 dimensions, the joint fit has more stress than SMACOF or takes more than twice its time
with four starts.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from importlib.util import find_spec

import networkx as nx
import numpy as np
from scipy.spatial.distance import cdist

from geoframe_embedding.baselines import classical_baseline, smacof_baseline
from geoframe_embedding.comparison import item_measures, ratios_of
from geoframe_embedding.distances import Floats, MatrixDistances, PairDistances
from geoframe_embedding.pairs import choose_pairs
from geoframe_snowflake.joint.fit import fit_jointly
from geoframe_snowflake.joint.search import JointFit


def words(n: int, generator: np.random.Generator) -> Floats:
    """Edit distances of random words of three to nine letters."""
    drawn = [generator.choice(8, size=generator.integers(3, 10)) for _ in range(n)]
    found = np.zeros((n, n))
    for i in range(n):
        for j in range(i):
            before = np.arange(len(drawn[j]) + 1)
            for a, letter in enumerate(drawn[i], 1):
                row = [a]
                for b, other in enumerate(drawn[j], 1):
                    row.append(min(before[b] + 1, row[-1] + 1, before[b - 1] + (letter != other)))
                before = np.array(row)
            found[i, j] = found[j, i] = before[-1]
    return found


def series(n: int, generator: np.random.Generator) -> Floats:
    """Dynamic time warping of waves of random frequency, phase and noise."""
    t = np.linspace(0, 1, 30)
    rate, phase = generator.uniform(1, 4, (n, 1)), generator.uniform(0, 6, (n, 1))
    waves = np.sin(2 * np.pi * rate * t + phase) + 0.1 * generator.standard_normal((n, 30))
    found = np.zeros((n, n))
    for i in range(n):
        cost = np.abs(waves[i][:, None, None] - waves[:i].T[None])  # (30, 30, i)
        total = np.full((31, 31, i), np.inf)
        total[0, 0] = 0
        for a in range(1, 31):
            for b in range(1, 31):
                way = np.minimum(total[a - 1, b], total[a, b - 1])
                total[a, b] = cost[a - 1, b - 1] + np.minimum(way, total[a - 1, b - 1])
        found[i, :i] = found[:i, i] = total[30, 30]
    return found


def roads(n: int, generator: np.random.Generator) -> Floats:
    """Lengths of the shortest ways over a net of roads between near towns."""
    towns = generator.random((n, 2))
    apart = cdist(towns, towns)
    graph = nx.Graph()
    for town in range(n):
        for near in np.argsort(apart[town])[1:5].tolist():
            graph.add_edge(town, near, weight=apart[town, near])
    parts = [next(iter(part)) for part in nx.connected_components(graph)]
    graph.add_weighted_edges_from((parts[0], part, apart[parts[0], part]) for part in parts[1:])
    return np.asarray(nx.floyd_warshall_numpy(graph, nodelist=range(n)))


def steps(n: int, generator: np.random.Generator) -> Floats:
    """Steps between the nodes of a graph with preferential attachment."""
    graph = nx.barabasi_albert_graph(n, 2, seed=int(generator.integers(1000)))
    return np.asarray(nx.floyd_warshall_numpy(graph, nodelist=range(n)))


def judgements(n: int, generator: np.random.Generator) -> Floats:
    """Squared distances in five dimensions with noise: the triangle inequality does not hold."""
    points = generator.standard_normal((n, 5))
    noise = generator.lognormal(0, 0.2, (n, n))
    found = cdist(points, points) ** 2 * np.sqrt(noise * noise.T)
    return np.asarray(found)


METRICS = {
    "words": words,
    "time series": series,
    "roads": roads,
    "graph steps": steps,
    "judgements": judgements,
}


def embedded(fit: JointFit) -> MatrixDistances:
    """All distances of a joint fit."""
    r = cdist(fit.points, fit.points)
    power = (r + fit.offset) ** fit.exponent - fit.offset**fit.exponent
    return MatrixDistances(matrix=power + fit.jump * (r > 0))


def umap(distances: Floats, dim: int) -> tuple[str, PairDistances, float]:
    """UMAP with its defaults, in the unit that fits best."""
    from umap import UMAP

    started = time.process_time()
    points = UMAP(n_components=dim, metric="precomputed", random_state=0).fit_transform(distances)
    seconds = time.process_time() - started
    r = cdist(points, points)
    scaled = r * float((r * distances).sum() / (r * r).sum())
    return "UMAP", MatrixDistances(matrix=scaled), seconds


def rivals(distances: Floats, dim: int) -> Iterator[tuple[str, PairDistances, float]]:
    """Name, distances and CPU seconds of every embedding."""
    given = MatrixDistances(matrix=distances)
    classical = classical_baseline(given, dim, seed=0)
    yield classical.name, classical.distances, classical.seconds
    for starts in (1, 4):
        smacof = smacof_baseline(distances, dim, seed=0, starts=starts)
        yield f"SMACOF, {starts} starts", smacof.distances, smacof.seconds
    if find_spec("umap"):
        yield umap(distances, dim)
    for focus in ("distances", "neighbors"):
        started = time.process_time()
        fit = fit_jointly(distances, dim, focus=focus, seed=0)
        yield f"joint, {focus}", embedded(fit), time.process_time() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=300)
    parser.add_argument("--dims", type=int, nargs="+", default=[2, 8, 16])
    parser.add_argument("--metrics", nargs="+", choices=METRICS, default=list(METRICS))
    options = parser.parse_args()
    print(
        f"{'metric':12} {'dim':>3} {'embedding':18} {'stress':>7} {'spearman':>8} {'triplets':>8} "
        f"{'10-NN':>6} {'CPU s':>6}"
    )
    behind = 0
    for name in options.metrics:
        distances = METRICS[name](options.items, np.random.default_rng(0))
        given = MatrixDistances(matrix=distances)
        pairs = choose_pairs(given, 10**7, seed=0)
        for dim in options.dims:
            found = {}
            for rival, each, seconds in rivals(distances, dim):
                ratios = ratios_of(each, pairs)
                items = item_measures(given, each, ranked=len(distances), seed=0)
                found[rival] = (ratios.stress, seconds)
                print(
                    f"{name:12} {dim:3} {rival:18} {ratios.stress:7.4f} {ratios.spearman:8.4f} "
                    f"{items['triplets']:8.4f} {items['neighbors_kept_10']:6.3f} {seconds:6.2f}",
                    flush=True,
                )
            ours, theirs = found["joint, distances"], found["SMACOF, 4 starts"]
            if dim <= 8:
                behind += ours[0] > theirs[0] or ours[1] > 2 * theirs[1]
    print(f"{behind} behind SMACOF")
    return int(behind > 0)


if __name__ == "__main__":
    sys.exit(main())
