"""``geoframe embed``: a finished run applied to new data."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from geoframe_cli import completion

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

SUFFIXES = (".npz", ".csv", ".parquet")


@click.command(
    epilog="\b\nExample:\n  geoframe embed runs/nst/mine --data nodes.csv -o points.parquet"
)
@click.argument("run", type=click.Path(path_type=Path), shell_complete=completion.runs)
@click.option(
    "--data", required=True, type=click.Path(path_type=Path), help="The data, as for training."
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    help="The file to write: .npz, .csv or .parquet.",
)
def embed(run: Path, data: Path, output: Path) -> None:
    """Apply the trained objects of RUN to new data and write the arrays that come out.

    In a table, an array with several columns becomes name_0, name_1, ...
    """
    from geoframe.errors import GeoframeError

    if output.suffix not in SUFFIXES:
        raise GeoframeError(f"{output}: cannot tell the format; use one of {', '.join(SUFFIXES)}")
    from geoframe_registry.runs import open_run

    opened = open_run(run)
    opened.require_finished()
    arrays = opened.method.embed(opened, data)
    try:
        _write(output, arrays)
    except OSError as error:
        reason = error.strerror or str(error)
        raise GeoframeError(f"{output}: cannot be written: {reason}") from None
    click.echo(f"Wrote {', '.join(arrays)} to {output}", err=True)


def _write(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Write the file at once: a reader never meets half of it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".tmp-", suffix=path.suffix)
    try:
        with open(descriptor, "wb") as file:
            if path.suffix == ".npz":
                import numpy as np

                np.savez_compressed(file, **arrays)  # type: ignore[arg-type]
            elif path.suffix == ".csv":
                _frame(arrays).to_csv(file, index=False)
            else:
                _frame(arrays).to_parquet(file, index=False)
        os.chmod(name, 0o644)
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


def _frame(arrays: Mapping[str, np.ndarray]) -> pd.DataFrame:
    import pandas as pd

    columns: dict[str, np.ndarray] = {}
    for name, array in arrays.items():
        if array.ndim == 1:
            columns[name] = array
            continue
        flat = array.reshape(len(array), -1)
        columns.update({f"{name}_{index}": flat[:, index] for index in range(flat.shape[1])})
    return pd.DataFrame(columns)
