"""Numbers published with the method, and the configs that measure them again. Torch-free."""

from __future__ import annotations

from geoframe.reference import Published, ReferenceRow, ReferenceTable

PAPER = "Closed-Form Diffusion Models (arXiv 2310.12395)"

CHECKERBOARD = {
    "data.dataset": {"name": "checkerboard", "points": 500},
    "evaluation.holdout": 0.0,
    "evaluation.features": "raw",
    "cfdm.samples": 500,
    "sampler.standardize": "none",
    "sampler.sigma": 0.2,
    "sampler.perturbations": 2,
    "sampler.steps": 100,
}

TABLES = (
    ReferenceTable(
        name="checkerboard",
        title="Nearest-neighbour estimator on a checkerboard, N = 500",
        metrics=("w2_to_exact", "w2_floor"),
        seeds=5,
        rows=(
            ReferenceRow(
                name="K = L = 15",
                overrides={
                    **CHECKERBOARD,
                    "evaluation.w2_exact": True,
                    "sampler.engine": "neighbors",
                    "sampler.neighbors.nearest": 15,
                    "sampler.neighbors.random": 15,
                },
                published={
                    "w2_to_exact": Published(value=0.1865, source=PAPER, certainty="secondary"),
                    "w2_floor": Published(value=0.1791, source=PAPER, certainty="secondary"),
                },
            ),
        ),
        note="Published: distance to samples of the full score, and between two such sets. The "
        "paper's points, size of the board and sigma are not known, so only the closeness of the "
        "two numbers can be compared.",
    ),
    ReferenceTable(
        name="point-cloud",
        title="Upsampling 500 points of a real mesh (Spot) to 2000",
        metrics=("w2", "dup_rate", "distinct_per_tuple"),
        rows=tuple(
            ReferenceRow(
                name=f"sigma_relative = {value}",
                overrides={
                    "data.dataset": {"name": "mesh-surface", "points": 1000},
                    "evaluation.holdout": 0.5,
                    "evaluation.features": "raw",
                    "cfdm.samples": 2000,
                    "sampler.sigma_relative": value,
                    "sampler.steps": 100,
                },
            )
            for value in (0.0, 0.25, 0.5)
        ),
        note="The paper shows pictures. w2 is to 500 other points of the surface; sigma 0 repeats "
        "the 500 points, so its w2 is that of the points themselves. Needs GEOFRAME_DATA.",
    ),
    ReferenceTable(
        name="pixel-speed",
        title="25 images of 128 x 128 x 3 from N = 1000, M = 4",
        metrics=("samples_per_second", "seconds_per_sample", "max_relative_error"),
        rows=tuple(
            ReferenceRow(
                name=name,
                overrides={
                    "data.dataset": {"name": "cifar10", "count": 1000, "size": 128},
                    "evaluation.holdout": 0.0,
                    "cfdm.samples": 25,
                    "sampler.steps": 100,
                    "sampler.batch_size": 25,
                    "sampler.memory": 4096.0,
                    "sampler.engine": engine,
                    "sampler.precision": "float32",
                },
                published={
                    "samples_per_second": Published(value=5.83, source=PAPER, certainty="secondary")
                },
            )
            for name, engine in (("Gram space", "gram"), ("dense products", "dense"))
        ),
        note="The paper: 25 images in 4.29 s on a CPU, of about 1000 butterflies that cannot be "
        "obtained; here CIFAR-10 images resized to 128 x 128, for speed alone. Needs "
        "GEOFRAME_DATA.",
    ),
    ReferenceTable(
        name="latent-speed",
        title="CIFAR-10 in the latent space of an autoencoder, M = 2",
        metrics=("samples_per_second", "dup_rate", "kid", "recall"),
        quick={"data.dataset": {"name": "cifar10", "count": 2000}, "trainer.epochs": 1},
        rows=tuple(
            ReferenceRow(
                name=name,
                overrides={
                    "data.dataset": {"name": "cifar10"},
                    "cfdm.samples": 1000,
                    "cfdm.latent_dim": 64,
                    "embedder.name": embedder,
                    "trainer.epochs": 10,
                    "sampler.perturbations": 2,
                    "sampler.standardize": "whiten",
                },
                published={
                    "samples_per_second": Published(
                        value=138.0, source=PAPER, certainty="secondary"
                    )
                },
            )
            for name, embedder in (("PCA", "pca"), ("convolutional", "conv-autoencoder"))
        ),
        note="The paper used a pretrained autoencoder that is not named here; these are trained "
        "on the data, and their decoding counts. Needs GEOFRAME_DATA.",
    ),
)
"""What ``geoframe reproduce cfdm`` measures again."""
