"""Tables that every installation of scikit-learn holds."""

from __future__ import annotations

from typing import ClassVar, Literal

import attrs

from geoframe.config import option
from geoframe.dataset import Dataset
from geoframe_pathways.data.table import Table, make_table

CLASSIFICATION = ("iris", "wine", "breast_cancer", "digits")


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
        from sklearn import datasets  # type: ignore[import-untyped]

        bunch = getattr(datasets, f"load_{self.table}")(as_frame=True)
        return make_table(
            bunch.data,
            bunch.target.to_numpy(),
            "target",
            "classification" if self.table in CLASSIFICATION else "regression",
            scaling="common" if self.table == "digits" else "column",
        )
