"""Components by name: what an entry point declares, and what a config refers to."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import attrs

from geoframe.errors import ConfigError, PluginError
from geoframe.importing import import_target

KINDS: Mapping[str, str] = {
    "geometry": "geoframe.geometries",
    "embedder": "geoframe.embedders",
    "trainer": "geoframe.trainers",
    "sampler": "geoframe.samplers",
    "adapter": "geoframe.adapters",
    "dataset": "geoframe.datasets",
    "method": "geoframe.methods",
}
"""Component kind -> entry-point group."""

FROM_METHOD: Mapping[str, tuple[str, ...]] = {"embedder": ("in_features", "out_features")}
"""Component kind -> constructor parameters that a method gives, so that they are no options."""


@attrs.frozen(kw_only=True)
class ComponentSpec:
    """One installed component, known from metadata alone until something of it is asked for.

    An entry point names either the component class itself or, so that its options can be read
    without importing torch, its config class: an attrs class with the class attribute
    ``component = "module:Class"``.
    """

    kind: str
    name: str
    target: str
    """``"module:Class"``, as the entry point states it."""
    distribution: str
    version: str

    def __str__(self) -> str:
        return f"{self.kind} '{self.name}' of {self.distribution} {self.version}"

    @property
    def declared(self) -> type:
        """The class the entry point names: a component or its config.

        Raises
        ------
        PluginError
            If it cannot be imported, whatever the reason.
        """
        return self._import(self.target)

    @property
    def options(self) -> type:
        """The attrs class of the component's options.

        It is the declared config class, the component's ``Config``, or else derived from the
        keyword parameters of the component's ``__init__``.

        Raises
        ------
        PluginError
            If it cannot be imported, or those parameters cannot be read.
        """
        declared = self.declared
        if attrs.has(declared) and hasattr(declared, "component"):
            return declared
        config: type | None = getattr(declared, "Config", None)
        if config is not None:
            return config
        try:
            return _options_of_signature(declared, FROM_METHOD.get(self.kind, ()))
        except Exception as error:  # an annotation that names nothing, say
            raise PluginError(
                f"{self}: no options can be read off the constructor of '{self.target}': "
                f"{type(error).__name__}: {error}; tell the authors of {self.distribution}"
            ) from error

    @property
    def summary(self) -> str:
        """First line of the declared class's docstring."""
        return (inspect.getdoc(self.declared) or "").partition("\n")[0]

    def load(self) -> type:
        """Import and return the class that implements the component."""
        declared = self.declared
        if attrs.has(declared):
            return self._import(declared.component)  # type: ignore[attr-defined]
        return declared

    def _import(self, target: str) -> type:
        loaded = import_target(target, str(self), self.distribution)
        if not isinstance(loaded, type):
            raise PluginError(
                f"{self} cannot be loaded: '{target}' is not a class; "
                f"tell the authors of {self.distribution}"
            )
        return loaded


@attrs.frozen(kw_only=True)
class AbsentSpec(ComponentSpec):
    """A component that a finished run used and that cannot be found any more.

    A run is opened all the same, and whoever builds the component is told the reason then: a
    trained model needs its trainer's plugin no longer.
    """

    reason: str

    @property
    def declared(self) -> type:
        """Raise the :class:`PluginError` that told so."""
        raise PluginError(self.reason)


@attrs.frozen
class AbsentOptions:
    """Options of an absent component, as they were kept."""

    table: Mapping[str, Any]


@attrs.frozen(kw_only=True)
class Component:
    """A reference in a config, resolved: which component, with which options."""

    spec: ComponentSpec
    options: Any
    """Instance of ``spec.options``."""
    needs: tuple[type, ...] = attrs.field(default=(), eq=False, repr=False)
    """Protocols that the built component must have."""

    @property
    def name(self) -> str:
        """The component's name in the registry."""
        return self.spec.name

    def construct(self, **context: Any) -> Any:
        """Construct the component as :meth:`build` does, without a look at what it is."""
        options = {
            field.name: _built(getattr(self.options, field.name))
            for field in attrs.fields(type(self.options))
            if field.name not in context
        }
        return self.spec.load()(**options, **context)

    def build(self, **context: Any) -> Any:
        """Construct the component from its options; ``context`` adds to or replaces them.

        Raises
        ------
        ConfigError
            If it lacks a capability that the config asks of it.
        PluginError
            If it is a geometry that does not behave as one.
        """
        from geoframe.abilities import lacking

        built = self.construct(**context)
        if reason := lacking(built, self.spec, self.needs):
            raise ConfigError([f"{self.spec.kind}.name: {reason}"])
        if self.spec.kind == "geometry":
            from geoframe.boundary import check_geometry  # imports torch, as geometries do

            check_geometry(built, str(self.spec))
        return built


def _built(value: Any) -> Any:
    """Build the components that an option holds (the factors of a product, say)."""
    if isinstance(value, Component):
        return value.build()
    if isinstance(value, tuple):
        return tuple(_built(item) for item in value)
    return value


def _options_of_signature(cls: type, given: tuple[str, ...]) -> type:
    parameters = list(inspect.signature(cls, eval_str=True).parameters.values())
    fields = {
        parameter.name: attrs.field(
            default=attrs.NOTHING if parameter.default is parameter.empty else parameter.default,
            type=Any if parameter.annotation is parameter.empty else parameter.annotation,
        )
        for parameter in parameters
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
        and parameter.name not in given
    }
    return attrs.make_class(f"{cls.__name__}Options", fields, frozen=True, kw_only=True)
