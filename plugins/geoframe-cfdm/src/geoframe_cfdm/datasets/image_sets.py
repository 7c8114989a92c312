"""Small sets of images in the data folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import attrs
import numpy as np

from geoframe.config import option
from geoframe.data import load_npz, stored_file
from geoframe.dataset import Dataset

if TYPE_CHECKING:
    from geoframe_data import Items


@attrs.frozen(kw_only=True)
class COIL20(Dataset):
    """1080 grey photographs of 15 objects on a turntable, 64 x 64 (from files; see root)."""

    provides = "items"

    component: ClassVar[str] = "geoframe_cfdm.datasets.image_sets:COIL20"

    root: Path | None = option(None, help="Folder of the file; else $GEOFRAME_DATA/coil20")

    def load(self) -> Items:
        """Read the images; their labels are the objects."""
        from geoframe_data import Items

        found = load_npz(stored_file("coil20", "coil20_64.npz", self.root))
        labels = found["object_id"].astype(np.int64)
        return Items(data=found["images"], labels=labels, origin="coil20")


@attrs.frozen(kw_only=True)
class MNIST(Dataset):
    """20,000 handwritten digits of 28 x 28 pixels (from files; see root)."""

    provides = "items"

    component: ClassVar[str] = "geoframe_cfdm.datasets.image_sets:MNIST"

    root: Path | None = option(None, help="Folder of the file; else $GEOFRAME_DATA/mnist")

    def load(self) -> Items:
        """Read the training images; their labels are the digits."""
        from geoframe_data import Items

        found = load_npz(stored_file("mnist", "mnist28.npz", self.root))
        return Items(
            data=found["train_x"], labels=found["train_y"].astype(np.int64), origin="mnist"
        )


@attrs.frozen(kw_only=True)
class NotoEmoji(Dataset):
    """1132 emoji of 32 x 32 pixels in colour (from files; see root)."""

    provides = "items"

    component: ClassVar[str] = "geoframe_cfdm.datasets.image_sets:NotoEmoji"

    transparent: bool = option(
        False, help="Keep what is transparent (four channels); otherwise it is white."
    )
    root: Path | None = option(None, help="Folder of the file; else $GEOFRAME_DATA/noto-emoji32")

    def load(self) -> Items:
        """Read the images, with their names."""
        from geoframe_data import Items

        found = load_npz(stored_file("noto-emoji32", "emoji32.npz", self.root))
        images = found["rgba"]
        if not self.transparent:
            opaque = images[..., 3:].astype(np.float32) / 255
            white = images[..., :3] * opaque + 255 * (1 - opaque)
            images = white.round().astype(np.uint8)
        names = tuple(str(name) for name in found["names"])
        return Items(data=images, names=names, origin="noto-emoji32")
