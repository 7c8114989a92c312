"""CPU time of a query and of reading an expert: routed experts against a dense net of equal total.

Run: OMP_NUM_THREADS=1 python queries.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import attrs
import numpy as np
import torch
from timing import cpu_seconds
from torch import nn

from geoframe_data import as_table
from geoframe_pathways.encoder import fit_encoder
from geoframe_pathways.experts.metadata import ModelMetadata
from geoframe_pathways.experts.model import Pathways, RowsInMemory
from geoframe_pathways.experts.shape import ExpertShape, width_for
from geoframe_pathways.routing.partition import RouteSpace
from geoframe_pathways.routing.router import FlatRouter

EXPERTS = 4096


def untrained(shape: ExpertShape) -> Pathways:
    """Return a model of random experts: time does not depend on what they learned."""
    random = np.random.default_rng(0)
    matrix = random.normal(size=(EXPERTS, shape.row_size)).astype(np.float32)
    encoder, _ = fit_encoder(as_table(random.normal(size=(100, shape.inputs))), "column")
    metadata = ModelMetadata(
        task="regression",
        target="y",
        shape=attrs.asdict(shape),
        router="flat",
        encoder=encoder,
        offset=(0.0,),
        scale=(1.0,),
        distance_limit=3.0,
    )
    return Pathways(
        router=FlatRouter(random.normal(size=(EXPERTS, shape.inputs))),
        space=RouteSpace(np.zeros(shape.inputs), None),
        mean_distance=np.ones(EXPERTS),
        rows=RowsInMemory(matrix),
        metadata=metadata,
    )


def dense_of(shape: ExpertShape) -> nn.Module:
    width = width_for(EXPERTS * shape.parameters, shape)
    layers: list[nn.Module] = []
    for fan_in, fan_out in attrs.evolve(shape, width=width).layers:
        layers += [nn.Linear(fan_in, fan_out), nn.PReLU()]
    return nn.Sequential(*layers[:-1]).requires_grad_(False)


def main() -> None:
    torch.set_num_threads(1)
    shape = ExpertShape(inputs=8, outputs=1, width=64, hidden=2)
    dense = dense_of(shape)
    random = np.random.default_rng(1)
    x = random.normal(size=(1024, 8)).astype(np.float32)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "experts.safetensors"
        untrained(shape).save(path)
        model = Pathways.open(path, cache_bytes=2**20)  # too small to keep what was read
        order = iter(random.integers(0, len(x), 10**7).tolist())
        numbers = iter(random.integers(0, EXPERTS, 10**7).tolist())
        read = cpu_seconds(lambda: model.rows.row(next(numbers)), repeats=2000)
        routed = cpu_seconds(lambda: model.router.one(x[next(order)].astype(float)), repeats=500)
        single = cpu_seconds(lambda: model.query(x[next(order)]), repeats=500)
        batch = cpu_seconds(lambda: model.predict_encoded(x), repeats=2) / len(x)
        wide = cpu_seconds(lambda: dense(torch.from_numpy(x[:1])), repeats=10)
        wide_batch = cpu_seconds(lambda: dense(torch.from_numpy(x)), repeats=1) / len(x)
    total = EXPERTS * shape.parameters
    print(f"{EXPERTS} experts of {shape.parameters} parameters, {total:,} in all")
    print(f"read one expert      {1e6 * read:9.1f} us")
    print(f"route                {1e6 * routed:9.1f} us")
    print(
        f"single query         {1e6 * single:9.1f} us   dense {1e6 * wide:9.1f} us"
        f"   ratio {wide / single:6.1f}"
    )
    print(
        f"query in a batch     {1e6 * batch:9.1f} us   dense {1e6 * wide_batch:9.1f} us"
        f"   ratio {wide_batch / batch:6.1f}"
    )


if __name__ == "__main__":
    main()
