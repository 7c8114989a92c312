"""Tables that every installation of scikit-learn holds."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config import option
from geoframe.dataset import Dataset
from geoframe_data import Table, as_table


@attrs.frozen(kw_only=True)
class BuiltIn(Dataset):
    """A small table that comes with scikit-learn, for regression or classification."""

    provides = "table"

    component: ClassVar[str] = "geoframe_pathways.datasets.builtin:BuiltIn"

    table: Literal["diabetes", "iris", "wine", "breast_cancer", "digits"] = option(
        "diabetes", help="Which table; diabetes is for regression, the others for classification."
    )

    def load(self) -> Table:
        """Return the table."""
        from sklearn import datasets

        bunch = getattr(datasets, f"load_{self.table}")(as_frame=True)
        frame = bunch.data.assign(target=bunch.target)
        grid = (8, 8) if self.table == "digits" else ()
        return attrs.evolve(as_table(frame), target="target", grid=grid)
