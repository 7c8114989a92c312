"""Methods as scikit-learn estimators: built from a method's config and what its ``load`` gives.

One class serves every method. Data in memory are written to a file that the method's own readers
understand, so the same data mean the same thing in a notebook and in the shell, and what is fitted
is a run like any other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import attrs
import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils import Tags, TransformerTags
from sklearn.utils.validation import check_is_fitted

from geoframe.api import configure, run_method
from geoframe.config.fields import option_of
from geoframe.config.plain import unstructure
from geoframe.config.toml import TomlTable, apply_overrides
from geoframe.errors import ConfigError, DataError, RunError
from geoframe.estimators.labels import ClassLabels
from geoframe.estimators.storage import Stored, flat
from geoframe.memory import write_data

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import ArrayLike, NDArray

PREDICTION = "prediction"
PROBABILITY = "probability_"


class InvalidData(DataError, ValueError):
    """Data that cannot be used, as the error that scikit-learn's tools expect."""


@contextmanager
def _data_errors_are_value_errors() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise InvalidData(str(error)) from error


class Estimator(Stored, BaseEstimator):  # type: ignore[misc]
    """A method with scikit-learn's conventions; a plugin names its own by a subclass of one line.

    Parameters
    ----------
    run_dir
        Where to keep the run; by default a temporary folder that goes with the object.
    **options
        Keys of the method's config, nested ones joined by two underscores.

    Raises
    ------
    ConfigError
        If the method's config has no such key, or a value is out of range.

    Attributes
    ----------
    run_
        The finished :class:`~geoframe.run.directory.Run`.
    trained_
        What the method's ``load`` gives, with its queries.
    n_features_in_, feature_names_in_
        Of a table or an array with two axes.
    classes_
        The classes of ``y``, in its type.
    """

    _labels: ClassLabels | None = None
    """Classes of the ``y`` that was fitted; a run that was opened knows them as text alone."""

    def __init__(self, *, run_dir: str | PathLike[str] | None = None, **options: Any) -> None:
        self.run_dir = run_dir
        self._options = options
        if options:
            self._config({})  # a misspelt one is told here, not when fitting has begun

    def __sklearn_tags__(self) -> Tags:
        """Say what scikit-learn's tools ask of an estimator; ``transform`` gives a frame."""
        tags = super().__sklearn_tags__()
        tags.transformer_tags = TransformerTags(preserves_dtype=[])
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags

    # ----------------------------------------------------------------------------- parameters

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters given, and with ``deep`` every other key of the config too."""
        given = {"run_dir": self.run_dir, **self._options}
        if not deep:
            return given
        return {**flat(unstructure(self._config({}))), **given}

    def set_params(self, **params: Any) -> Self:
        """Change parameters, nested ones too (``trainer__steps=100``).

        Raises
        ------
        ValueError
            If the method's config has no such key, or the value is out of range.
        """
        before, run_dir = self._options, self.run_dir
        self._options = {**before, **params}
        self.run_dir = self._options.pop("run_dir", run_dir)
        try:
            self._config({})
        except ConfigError as error:
            self._options, self.run_dir = before, run_dir
            raise ValueError(f"Invalid parameter for {type(self).__name__}: {error}") from None
        return self

    def _config(self, data: Mapping[str, Any]) -> Any:
        """Return the checked config with the options, and keys of its ``[data]`` table."""
        return configure(self.method, self._tables(data))

    def _tables(self, data: Mapping[str, Any]) -> dict[str, Any]:
        dotted = ((name.replace("__", "."), value) for name, value in self._options.items())
        tables = dict(apply_overrides(TomlTable({}), dotted).values)
        if data:
            tables["data"] = {**data, **tables.get("data", {})}
        return tables

    # --------------------------------------------------------------------------------- fitting

    def fit(self, X: Any = None, y: ArrayLike | None = None) -> Self:
        """Run the method.

        Parameters
        ----------
        X
            A path, or data in memory of the kind that the method takes: a DataFrame, an array, a
            networkx graph, a ``Data`` of torch-geometric, a list of texts. None leaves it to the
            options, ``data__dataset__name`` say.
        y
            Labels or targets ``(n,)``, if they are no column of ``X``.

        Raises
        ------
        DataError
            If the data cannot be used.
        """
        base = Path(self._temporary() / "run" if self.run_dir is None else self.run_dir)
        with _data_errors_are_value_errors():
            data = self._data_options(X, y, base.with_name(f"{base.name}-data"))
            self._take(run_method(self.method, self._tables(data), path=base))
        self._labels = None if y is None else ClassLabels.of(y)
        if self._labels is not None and self._labels.values.dtype.kind != "f":
            self.classes_ = self._labels.values
        if getattr(X, "ndim", None) == 2:
            self.n_features_in_ = int(X.shape[1])
            if hasattr(X, "columns"):
                self.feature_names_in_ = np.asarray(X.columns, dtype=object)
        return self

    def _data_options(self, data: Any, labels: Any, folder: Path) -> dict[str, Any]:
        """Options of ``[data]`` for data in memory, which are written into ``folder``."""
        if data is None:
            return {}
        if isinstance(data, str | PathLike):
            return {"path": str(Path(data).absolute())}
        section = attrs.fields_dict(type(self._config({}).data))
        kinds = option_of(section["dataset"]).provides if "dataset" in section else ()
        return write_data(kinds, data, labels, folder, section)

    # --------------------------------------------------------------------------------- results

    def transform(self, X: Any) -> pd.DataFrame:
        """What the method says of new data, one row an item, keyed by its name."""
        check_is_fitted(self, "run_")
        self._check_features(X)
        with (
            _data_errors_are_value_errors(),
            tempfile.TemporaryDirectory(prefix="geoframe-") as folder,
        ):
            options = self._data_options(X, None, Path(folder))
            frame: pd.DataFrame = self.run_.method.apply(self.run_, Path(options["path"]))
        if self._labels is not None and PREDICTION in frame:
            frame[PREDICTION] = self._labels.restore(frame[PREDICTION].to_numpy())
        return frame

    def _check_features(self, given: Any) -> None:
        """Refuse an array with other columns than the one that was fitted."""
        known = getattr(self, "n_features_in_", None)
        if not isinstance(given, np.ndarray) or known is None or given.shape[1:] == (known,):
            return
        if given.ndim == 1:
            raise InvalidData(f"X has no rows of {known} features: Reshape your data")
        raise InvalidData(
            f"X has {given.shape[1]} features, but {type(self).__name__} is expecting {known} "
            "features as input"
        )

    def fit_transform(self, X: Any, y: ArrayLike | None = None) -> pd.DataFrame:
        """Fit, and return what was learned of the training items."""
        frame: pd.DataFrame = self.fit(X, y).trained_.to_frame()
        return frame

    def predict(self, X: Any) -> NDArray[Any]:
        """Predicted classes or numbers of new data ``(n,)``.

        Raises
        ------
        RunError
            If the method predicts nothing.
        """
        frame = self.transform(X)
        if PREDICTION not in frame:
            raise RunError(f"'{self.method}' predicts nothing; transform(X) says what it gives")
        return frame[PREDICTION].to_numpy()

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Probability of each class ``(n, classes)``, in the order of ``classes_``.

        Raises
        ------
        RunError
            If the method gives no probabilities.
        """
        frame = self.transform(X)
        columns = [str(name) for name in frame if str(name).startswith(PROBABILITY)]
        if not columns:
            raise RunError(f"'{self.method}' gives no probabilities")
        ordered = None if self._labels is None else self._labels.columns(PROBABILITY, columns)
        if ordered is None:
            self.classes_ = np.array([name.removeprefix(PROBABILITY) for name in columns])
        return frame[ordered or columns].to_numpy(np.float64)

    def score(self, X: Any, y: ArrayLike) -> float:
        """Share of right classes, or for numbers the coefficient of determination."""
        from sklearn.metrics import accuracy_score, r2_score

        truth, predicted = np.asarray(y), self.predict(X)
        numbers = truth.dtype.kind == "f" and predicted.dtype.kind in "iuf"
        return float((r2_score if numbers else accuracy_score)(truth, predicted))

    def sample(self, n: int, *, seed: int = 0) -> NDArray[Any]:
        """Draw new items ``(n, *item_shape)``; the same seed gives the same items."""
        check_is_fitted(self, "run_")
        items: NDArray[Any] = (
            self.run_.method.sampler(self.run_).draw(n, seed=seed)["items"].numpy()
        )
        return items

    def __getattr__(self, name: str) -> Any:
        """Queries of the trained object (``nearest``, ``distance``, ...) are its own too."""
        if name.startswith("_") or name.endswith("_") or "trained_" not in self.__dict__:
            raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")
        return getattr(self.trained_, name)

    def _repr_html_inner(self) -> str:
        """Show the trained object with its picture once there is one."""
        picture: Callable[[], str] | None = getattr(
            self.__dict__.get("trained_"), "_repr_html_", None
        )
        shown: str = super()._repr_html_inner() if picture is None else picture()
        return shown
