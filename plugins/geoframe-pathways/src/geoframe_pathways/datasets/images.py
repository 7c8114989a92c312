"""Small real images as rows of pixels, for classification."""

from __future__ import annotations

import io
from itertools import pairwise
from pathlib import Path
from typing import ClassVar, Literal

import attrs
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geoframe.config import option
from geoframe.data import stored_file
from geoframe.dataset import Dataset
from geoframe_data import Table, as_table

Pixels = NDArray[np.float32]


@attrs.frozen(kw_only=True)
class SmallImages(Dataset):
    """Handwritten digits or CIFAR-10 photographs as pixel rows (from files; see root)."""

    provides = "table"

    component: ClassVar[str] = "geoframe_pathways.datasets.images:SmallImages"

    images: Literal["mnist", "cifar10-jpeg"] = option("mnist", help="Which images.")
    components: int = option(
        64,
        ge=0,
        help="Principal components of the training pixels to keep; 0 keeps the pixels.",
    )
    root: Path | None = option(None, help="Folder of the files; else $GEOFRAME_DATA/<images>.")

    def load(self) -> Table:
        """Return pixels from 0 to 1, or their components, with the class as target.

        Raises
        ------
        DataError
            If the files are not found.
        """
        read = self._mnist if self.images == "mnist" else self._cifar
        (train, train_labels), (test, test_labels) = read()
        if self.components:
            from sklearn.decomposition import PCA

            fitted = PCA(self.components, random_state=0).fit(train)
            train, test = fitted.transform(train), fitted.transform(test)
        x = np.concatenate([train, test]).astype(np.float32)
        frame = pd.DataFrame(x, columns=[f"x{index}" for index in range(x.shape[1])])
        frame["class"] = np.concatenate([train_labels, test_labels]).astype(np.int64)
        return attrs.evolve(
            as_table(frame),
            target="class",
            test_rows=np.arange(len(train), len(x)),
            grid=(x.shape[1],),  # components, as pixels, are on one scale
        )

    def _mnist(self) -> list[tuple[Pixels, NDArray[np.generic]]]:
        with np.load(stored_file("mnist", "mnist28.npz", self.root), allow_pickle=False) as arrays:
            return [
                (
                    arrays[f"{part}_x"].reshape(len(arrays[f"{part}_x"]), -1) / np.float32(255),
                    arrays[f"{part}_y"],
                )
                for part in ("train", "test")
            ]

    def _cifar(self) -> list[tuple[Pixels, NDArray[np.generic]]]:
        from PIL import Image

        found: list[tuple[Pixels, NDArray[np.generic]]] = []
        for part in ("train", "test"):
            path = stored_file("cifar10-jpeg", f"{part}.npz", self.root)
            with np.load(path, allow_pickle=False) as arrays:
                image, offsets, labels = arrays["jpeg"], arrays["offsets"], arrays["labels"]
            pixels = [
                np.asarray(Image.open(io.BytesIO(image[start:stop].tobytes())).convert("RGB"))
                for start, stop in pairwise(offsets)
            ]
            stacked = np.stack(pixels).reshape(len(pixels), -1).astype(np.float32)
            found.append((stacked / np.float32(255), labels))
        return found
