"""Images that a prior is made of, in its units."""

from __future__ import annotations

from typing import Any

import attrs
import torch
from torch import Tensor

from geoframe import DataError
from geoframe.errors import did_you_mean
from geoframe_data import read_images
from geoframe_sdi.config import ImagesConfig, SDIConfig


@attrs.frozen(kw_only=True, eq=False)
class Images:
    """Images ``(n, channels, h, w)`` in [-1, 1]."""

    data: Tensor
    labels: Tensor | None
    """Classes ``(n,)`` from 0."""
    label_names: tuple[str, ...]
    origin: str
    sha256: str

    @property
    def classes(self) -> int:
        """Number of classes, 0 without labels."""
        return 0 if self.labels is None else int(self.labels.max()) + 1


def load(config: ImagesConfig) -> Images:
    """Read the images of a config.

    Raises
    ------
    DataError
        If they cannot be used.
    """
    if config.path is not None:
        items: Any = read_images(
            config.path,
            size=config.size,
            grey=config.grey,
            folders_as_labels=config.labels,
            limit=config.limit,
        )
    else:
        items = config.dataset.build().load()
    return images_of(items, config.limit)


def images_of(items: Any, limit: int | None = None) -> Images:
    """Take items as images: channels first, smallest value -1, largest 1 (bytes: 0 and 255).

    Raises
    ------
    DataError
        If they are no images, or of one value only.
    """
    raw = torch.as_tensor(items.data)[:limit]
    if raw.ndim not in (3, 4):
        raise DataError(f"{items.origin}: items of shape {tuple(raw.shape[1:])} are no images")
    if len(raw) < 2:
        raise DataError(f"{items.origin}: holds {len(raw)} image; a prior is made of two or more")
    data = raw.float()
    data = data[:, None] if data.ndim == 3 else data.permute(0, 3, 1, 2).contiguous()
    low, high = (0.0, 255.0) if raw.dtype == torch.uint8 else (float(data.min()), float(data.max()))
    if not high > low:
        raise DataError(f"{items.origin}: the images are all of one value")
    labels = None if items.labels is None else torch.as_tensor(items.labels)[:limit].long()
    if labels is not None and int(labels.min()) < 0:
        raise DataError(f"{items.origin}: labels must be 0 or more")
    return Images(
        data=(data - low) * (2 / (high - low)) - 1,
        labels=labels,
        label_names=tuple(items.label_names),
        origin=items.origin,
        sha256=items.fingerprint(),
    )


def label_numbers(config: SDIConfig, images: Images | None, prompts: int) -> list[int]:
    """Numbers of the conditions that ``sdi.labels`` names; all classes if it names none.

    Parameters
    ----------
    prompts
        Number of the prior's prompts, 0 if it has none.

    Raises
    ------
    DataError
        If there is no such condition.
    """
    names = () if images is None else images.label_names
    count = prompts or (0 if images is None else images.classes)
    if not config.sdi.labels:
        return list(range(count))
    if not count:
        raise DataError(
            "sdi.labels: there are no conditions to name; with data.labels = true the folder of an "
            "image is its class"
        )
    found = []
    for label in config.sdi.labels:
        if str(label) in names:
            found.append(names.index(str(label)))
        elif isinstance(label, int) and label < count:
            found.append(label)
        else:
            raise DataError(
                f"sdi.labels: no '{label}'{did_you_mean(str(label), names)}; there are {count} "
                f"conditions{': ' + ', '.join(names[:20]) if names else ''}"
            )
    return found
