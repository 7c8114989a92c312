"""Rivals of the benchmark of held-out edges: each scores pairs after it saw the training edges.

A rival is a function of the number of nodes, the training edges ``(e, 2)``, the pairs ``(p, 2)``
and a seed, and gives a score a pair, the higher the likelier an edge from the first to the second.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from scipy.sparse import csr_array, diags_array
from torch import Tensor
from torch.nn import functional as F

Rival = Callable[[int, np.ndarray, np.ndarray, int], np.ndarray]
DIM, STEPS, NEGATIVES = 16, 500, 4


def undirected(n: int, edges: np.ndarray) -> csr_array:
    """Adjacency ``(n, n)``, either way."""
    both = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    return csr_array((np.ones(len(both)), both.T), shape=(n, n))


def degrees(n: int, edges: np.ndarray, pairs: np.ndarray, seed: int) -> np.ndarray:
    """Edges out of the first times edges into the second: preferential attachment."""
    out = np.bincount(edges[:, 0], minlength=n)
    into = np.bincount(edges[:, 1], minlength=n)
    return out[pairs[:, 0]] * into[pairs[:, 1]]


def common_neighbours(n: int, edges: np.ndarray, pairs: np.ndarray, seed: int) -> np.ndarray:
    """Number of common neighbours, whatever the direction."""
    rows = undirected(n, edges)
    return np.asarray(rows[pairs[:, 0]].multiply(rows[pairs[:, 1]]).sum(axis=1)).ravel()


def adamic_adar(n: int, edges: np.ndarray, pairs: np.ndarray, seed: int) -> np.ndarray:
    """Common neighbours, each by 1 / log of its degree."""
    rows = undirected(n, edges)
    weight = 1.0 / np.log(np.maximum(rows.sum(axis=1), 2.0))
    return np.asarray(
        (rows[pairs[:, 0]] @ diags_array(weight)).multiply(rows[pairs[:, 1]]).sum(axis=1)
    ).ravel()


def node2vec(n: int, edges: np.ndarray, pairs: np.ndarray, seed: int) -> np.ndarray:
    """Cosine of gensim's skip-gram vectors of random walks, p = q = 1 (A. Grover, J. Leskovec)."""
    from gensim.models import Word2Vec

    generator = np.random.default_rng(seed)
    rows = undirected(n, edges)
    start, degree = rows.indptr[:-1], np.diff(rows.indptr)
    at = np.tile(np.flatnonzero(degree), 10)
    walks = [at]
    for _ in range(39):
        step = (generator.random(len(at)) * degree[at]).astype(np.int64)
        at = rows.indices[start[at] + step]
        walks.append(at)
    sentences = np.stack(walks, axis=1).astype(str).tolist()
    model = Word2Vec(
        sentences,
        vector_size=64,
        window=5,
        sg=1,
        negative=5,
        min_count=1,
        epochs=2,
        seed=seed,
        workers=1,
    )
    vectors = np.zeros((n, 64))
    for node in model.wv.index_to_key:
        vectors[int(node)] = model.wv.get_vector(node, norm=True)
    return (vectors[pairs[:, 0]] * vectors[pairs[:, 1]]).sum(axis=1)


def poincare(n: int, edges: np.ndarray, pairs: np.ndarray, seed: int) -> np.ndarray:
    """gensim's PoincareModel, by its authors' score: near, and the first nearer to the centre."""
    from gensim.models.poincare import PoincareModel

    relations = [(str(later), str(earlier)) for earlier, later in edges.tolist()]
    model = PoincareModel(relations, size=DIM, negative=10, burn_in=5, alpha=0.1, seed=seed)
    model.train(epochs=20, batch_size=10, print_every=10**9)
    x = np.zeros((n, DIM))
    for node in model.kv.index_to_key:
        x[int(node)] = model.kv[node]
    u, v = x[pairs[:, 0]], x[pairs[:, 1]]
    room = (1 - (u * u).sum(axis=1)) * (1 - (v * v).sum(axis=1))
    distance = np.arccosh(1 + 2 * ((u - v) ** 2).sum(axis=1) / room)
    lean = np.linalg.norm(u, axis=1) - np.linalg.norm(v, axis=1)
    return -(1 + 10 * np.maximum(lean, -0.1)) * distance


def order_embedding(n: int, edges: np.ndarray, pairs: np.ndarray, seed: int) -> np.ndarray:
    """Points above one another in every coordinate, by margin (I. Vendrov et al., ICLR 2016)."""
    torch.manual_seed(seed)
    points = torch.rand(n, DIM).requires_grad_()

    def energy(u: Tensor, v: Tensor) -> Tensor:
        return F.relu(points.abs()[u] - points.abs()[v]).square().sum(dim=1)

    _train([points], energy, n, edges)
    return -energy(*torch.tensor(pairs.T)).detach().numpy()


def box_embedding(n: int, edges: np.ndarray, pairs: np.ndarray, seed: int) -> np.ndarray:
    """Boxes within one another: -log of the share of the second that lies in the first.

    Soft volumes (X. Li et al., ICLR 2019); a box that holds another comes before it.
    """
    torch.manual_seed(seed)
    low = (0.1 * torch.randn(n, DIM)).requires_grad_()
    side = (0.1 * torch.randn(n, DIM)).requires_grad_()

    def energy(u: Tensor, v: Tensor) -> Tensor:
        high = low + F.softplus(side)
        shared = torch.minimum(high[u], high[v]) - torch.maximum(low[u], low[v])
        whole = (high - low)[v]
        return (F.softplus(whole).log() - F.softplus(shared).log()).sum(dim=1)

    _train([low, side], energy, n, edges)
    return -energy(*torch.tensor(pairs.T)).detach().numpy()


def _train(
    parameters: list[Tensor],
    energy: Callable[[Tensor, Tensor], Tensor],
    n: int,
    edges: np.ndarray,
) -> None:
    """Low energy on edges; on reversed and random pairs at least 1."""
    optimizer = torch.optim.Adam(parameters, lr=0.02)
    u, v = torch.tensor(edges.T)
    for _ in range(STEPS):
        apart = F.relu(1.0 - energy(v, u)).mean()
        for _ in range(NEGATIVES):
            apart = apart + F.relu(1.0 - energy(u, torch.randint(n, u.shape))).mean() / NEGATIVES
        loss = energy(u, v).mean() + apart
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


RIVALS: dict[str, Rival] = {
    "degrees": degrees,
    "common neighbours": common_neighbours,
    "Adamic-Adar": adamic_adar,
    "order embedding": order_embedding,
    "box embedding": box_embedding,
}
