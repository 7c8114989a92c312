"""The Dataset interface: a named source of data. Torch-free."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar


class Dataset(ABC):
    """Data by name; what kind of data it is can be told before it is loaded.

    The kinds are entry points of the group ``geoframe.data_kinds``: the kind's name and the class
    of its values. ``geoframe-data`` brings ``graph``, ``tree``, ``distances``, ``table``,
    ``items``, ``texts`` and ``scenes``; a third party may add others.
    """

    provides: ClassVar[str]
    """Kind of the data that :meth:`load` gives."""

    @abstractmethod
    def load(self) -> Any:
        """Read or make the data; a value of the class that belongs to :attr:`provides`.

        Calling it again gives the same data.

        Raises
        ------
        DataError
            If the data are not there; the message says how to get them.
        """

    def fingerprint(self) -> str:
        """Digest of the data, by which a resumed run knows that they have not changed.

        By default that of the loaded value.
        """
        digest: str = self.load().fingerprint()
        return digest
