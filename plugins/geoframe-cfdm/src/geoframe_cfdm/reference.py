"""Numbers published with the method, and the configs that measure them again. Torch-free."""

from __future__ import annotations

from geoframe.reference import Published, ReferenceRow, ReferenceTable

PAPER = "Closed-Form Diffusion Models (arXiv 2310.12395)"

CHECKERBOARD = {
    "data.dataset": {"name": "checkerboard", "points": 500},
    "evaluation.holdout": 0.0,
    "evaluation.features": "raw",
    "sampler.standardize": "none",
    "sampler.sigma": 0.4,
    "sampler.perturbations": 2,
    "sampler.steps": 100,
    "sampler.grid": "uniform",
}

UCI = {
    "concrete": "target_strength_mpa",
    "wine-quality-red": "target_quality",
    "power-plant": "target_pe_mw",
    "california-housing": "median_house_value",
}
"""Tables of the data folder and what is to be predicted; the last has texts and gaps."""

COMPARED = {"sampler.name": "auto", "evaluation.holdout": 0.2, "evaluation.rivals": True}

FIELD = ReferenceTable(
    name="field",
    title="New items beside those of simple rivals, judged by held-out items",
    metrics=(
        *("two_sample_gap", "kernel_distance", "dup_rate", "dup_rate_held_out", "redrawn"),
        *("train_on_samples_rmse", "patches_verbatim", "patches_verbatim_held_out", "sample_ms"),
    ),
    rows=(
        *(
            ReferenceRow(
                name=name,
                overrides={
                    **COMPARED,
                    "data.dataset": {"name": name},
                    "data.limit": 1250,
                    "cfdm.samples": 200,
                },
            )
            for name in ("coil20", "noto-emoji", "mnist", "cifar10")
        ),
        *(
            ReferenceRow(
                name=table,
                overrides={
                    **COMPARED,
                    "data.dataset": {"name": "uci-regression", "table": table},
                    "data.limit": 2000,
                    "evaluation.target": target,
                    "cfdm.samples": 800,
                },
            )
            for table, target in UCI.items()
        ),
    ),
    seeds=3,
    compared="comparison",
    note="two_sample_gap is |AUC - 0.5| of a classifier between samples and held-out items: a "
    "logistic one on random convolutions of images, boosted trees on rows. A duplicate is nearer "
    "to a training item than 99 % of these are to another; auto draws these again, and redrawn is "
    "the share that was. Needs GEOFRAME_DATA, and geoframe-pathways for the tables.",
)

TABLES = (
    FIELD,
    ReferenceTable(
        name="checkerboard",
        title="Nearest-neighbour estimator on a checkerboard, N = 500",
        metrics=("w2_to_exact", "w2_floor", "w2_ratio"),
        seeds=5,
        rows=tuple(
            ReferenceRow(
                name=f"K = L = 15, {samples} samples",
                overrides={
                    **CHECKERBOARD,
                    "cfdm.samples": samples,
                    "evaluation.w2_exact": True,
                    "sampler.engine": "neighbors",
                    "sampler.neighbors.nearest": 15,
                    "sampler.neighbors.random": 15,
                },
                published={
                    "w2_to_exact": Published(value=0.1865, source=PAPER, certainty="secondary"),
                    "w2_floor": Published(value=0.1791, source=PAPER, certainty="secondary"),
                    "w2_ratio": Published(
                        value=0.1865 / 0.1791,
                        source=f"{PAPER}, quotient of the two numbers",
                        certainty="secondary",
                    ),
                },
            )
            for samples in (1000, 1500)
        ),
        note="Published: distance to samples of the full score, and between two sets of these. "
        "N, K and L are the paper's. Sigma (0.4), M (2), steps (100) and the board (from -2 to 2) "
        "are guesses. So is the number of samples, with which the distances fall: 1000 is what a "
        "public reproduction draws; with 1500 the floor on this board is about the published one "
        "(on a board of half the side, 200 to 300 have it). Measured against 4 exact sets each.",
    ),
    ReferenceTable(
        name="point-cloud",
        title="Upsampling 500 points of a real mesh (Spot) to 2000",
        metrics=("mean_gap", "w2", "dup_rate", "distinct_per_tuple"),
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
            for value in (0.0, 0.5, 1.0, 2.0)
        ),
        note="The paper shows pictures; mesh, numbers and settings are ours. mean_gap is the mean "
        "distance of 500 other points of the surface to the nearest sample, w2 the transport "
        "distance to them. Sigma 0 repeats the 500 points, so its row is what upsampling has to "
        "beat. Needs GEOFRAME_DATA.",
    ),
    ReferenceTable(
        name="pixel-speed",
        title="25 images of 128 x 128 x 3 from N = 1000, M = 4",
        metrics=("samples_per_second", "cpu_seconds_per_sample", "max_relative_error"),
        rows=tuple(
            ReferenceRow(
                name=name,
                overrides={
                    "data.dataset": {"name": "cifar10", "count": 1000, "size": 128},
                    "evaluation.holdout": 0.0,
                    "cfdm.samples": 25,
                    "sampler.steps": 100,
                    "sampler.grid": "uniform",
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
        metrics=("samples_per_second", "cpu_seconds_per_sample", "dup_rate", "kid", "recall"),
        quick={"data.dataset": {"name": "cifar10", "count": 2000}, "trainer.epochs": 1},
        rows=tuple(
            ReferenceRow(
                name=name,
                overrides={
                    "data.dataset": {"name": "cifar10", "count": 8000},
                    "cfdm.samples": 1000,
                    "cfdm.latent_dim": 64,
                    "embedder": embedder,
                    "trainer.epochs": 3,
                    "sampler.perturbations": 2,
                    "sampler.standardize": "whiten",
                },
                published={
                    "samples_per_second": Published(
                        value=138.0, source=PAPER, certainty="secondary"
                    )
                },
            )
            for name, embedder in (
                ("PCA", {"name": "pca"}),
                ("convolutional", {"name": "conv-autoencoder", "width": 16}),
            )
        ),
        note="The paper samples latents of a pretrained autoencoder, and its 138 a second are "
        "latents. Here 64 coordinates, whitened (guesses), of autoencoders fitted to 8,000 "
        "images, and their decoding counts. Needs GEOFRAME_DATA.",
    ),
)
"""What ``geoframe reproduce cfdm`` measures again."""
