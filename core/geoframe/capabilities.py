"""What a component may be able to do besides its interface: small protocols to ask for. Torch-free.

A method asks ``capability(component, Protocol)`` for what it needs and never for a class, an
option's name or an attribute, so that a stranger's component of the right kind can take the
place of ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, runtime_checkable

import attrs

if TYPE_CHECKING:
    import geoopt
    import torch
    from torch import Tensor

P = TypeVar("P")

WRAPPED = ("_orig_mod", "module")
"""Where ``torch.compile`` and ``DistributedDataParallel`` keep what they wrap."""


def capability(component: object, protocol: type[P]) -> P | None:
    """Return what has the capability: the component, a view of it or what it wraps; else None.

    A composite (a product, say) answers from its parts by a method
    ``capability(self, protocol)`` of its own.

    Parameters
    ----------
    component
        Any component, compiled or wrapped for several processes too.
    protocol
        One of the protocols of this module, or a third party's runtime-checkable protocol.

    Examples
    --------
    >>> order = capability(geometry, PartialOrder)  # doctest: +SKIP
    >>> if order is None: ...                       # doctest: +SKIP
    """
    # A module's __getattr__ would pass the question on to what is wrapped; ask the class.
    answer = getattr(type(component), "capability", None)
    if answer is not None:
        found: P | None = answer(component, protocol)
        return found
    for name in WRAPPED:
        inner = getattr(component, "_modules", {}).get(name)
        if inner is not None:
            return capability(inner, protocol)
    return component if isinstance(component, protocol) else None


# ------------------------------------------------------------------------------------ geometries


@runtime_checkable
class PartialOrder(Protocol):
    """Some points precede others (reflexive, transitive, antisymmetric on points)."""

    def order_gap(self, x: Tensor, y: Tensor) -> Tensor:
        """Differentiable gaps ``(..., t)``; x precedes y iff no gap is positive."""
        ...

    def precedes(self, x: Tensor, y: Tensor) -> Tensor:
        """Whether x precedes y, boolean ``(...)``."""
        ...


@runtime_checkable
class TangentMaps(Protocol):
    """Exponential and logarithmic map at the origin."""

    def expmap0(self, tangent: Tensor) -> Tensor:
        """Tangent vectors ``(..., dim)`` at the origin -> points ``(..., point_dim)``."""
        ...

    def logmap0(self, x: Tensor) -> Tensor:
        """Points ``(..., point_dim)`` -> tangent vectors ``(..., dim)`` at the origin."""
        ...


@runtime_checkable
class BilinearForm(Protocol):
    """A symmetric bilinear form on the coordinate vectors."""

    def inner(self, x: Tensor, y: Tensor) -> Tensor:
        """Bilinear form of ``(..., point_dim)`` vectors -> ``(...)``."""
        ...

    def matrix(self) -> Tensor:
        """Symmetric matrix M ``(point_dim, point_dim)`` with inner(x, y) = x M y."""
        ...


@runtime_checkable
class Isometries(Protocol):
    """Maps of the space that change no distance can be drawn and applied."""

    def isometry(self, generator: torch.Generator) -> Tensor:
        """Draw an isometry, at the present parameters, as numbers for :meth:`act`.

        Parameters
        ----------
        generator
            On the CPU; equal generators give equal isometries.
        """
        ...

    def act(self, isometry: Tensor, x: Tensor) -> Tensor:
        """Apply what :meth:`isometry` drew to points ``(..., point_dim)`` -> points."""
        ...


@runtime_checkable
class GeooptManifold(Protocol):
    """The space exists in geoopt, whose Riemannian optimizers can then train points of it."""

    @property
    def manifold(self) -> geoopt.Manifold:
        """The space in geoopt, at the present parameters; its points are those of the geometry."""
        ...


@runtime_checkable
class ConstantCurvature(Protocol):
    """The sectional curvature is the same everywhere."""

    def sectional_curvature(self) -> Tensor:
        """Curvature K, a scalar; differentiable if it is trained."""
        ...


@runtime_checkable
class Rescalable(Protocol):
    """The unit of length can be chosen."""

    def rescale_(self, factor: float) -> None:
        """Multiply all distances by ``factor`` > 0 from now on."""
        ...


# ------------------------------------------------------------------------------------- embedders


@runtime_checkable
class UsesGraph(Protocol):
    """An embedder whose output for an item depends on the graph that the item stands in."""

    def on_graph(self, edges: Tensor, weights: Tensor | None, features: Tensor | None) -> None:
        """Bind a graph, again each time a run is opened; an unbound embedder sees no edges.

        Parameters
        ----------
        edges
            Source and target numbers ``(e, 2)``, int64; items are numbered as in ``forward``.
        weights
            Lengths ``(e,)``, or None.
        features
            Features of all nodes ``(n, f)``, or None.
        """
        ...


@runtime_checkable
class Decodes(Protocol):
    """An embedder with a way back: an autoencoder."""

    def decode(self, points: Tensor) -> Tensor:
        """Coordinates ``(n, out_features)`` -> items ``(n, in_features)``."""
        ...


# -------------------------------------------------------------------------------------- samplers


@attrs.frozen(kw_only=True, eq=False)
class Condition:
    """What is known of the items to draw."""

    label: int | None = None
    """Their label."""
    known: Tensor | None = None
    """An item ``item_shape`` some parts of which are given."""
    mask: Tensor | None = None
    """True where ``known`` is given ``item_shape``."""


@runtime_checkable
class Conditional(Protocol):
    """A sampler that draws under a condition; its ``fit`` takes integer ``labels`` ``(n,)`` too."""

    def condition_on(self, condition: Any) -> Any:
        """Draw under a :class:`Condition` from now on; None lifts it. Return the sampler.

        Raises
        ------
        DataError
            If the condition does not fit the data.
        """
        ...


@runtime_checkable
class Provenance(Protocol):
    """A sampler that says which training items a sample is made of.

    Its ``fit`` takes integer ``ids`` ``(n,)`` too, which the items are called by.
    """

    def provenance(self, drawn: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Training items and their shares, of what ``draw`` returned.

        Returns
        -------
        tuple
            Numbers of training items ``(n, m)``, -1 for none, and weights ``(n, m)``.
        """
        ...


@runtime_checkable
class Denoises(Protocol):
    """A sampler, or a model, that knows the mean of the clean items behind a noisy one."""

    def denoise(self, noisy: Tensor, sigma: Tensor | float, condition: Any = None) -> Tensor:
        """E[x | x + sigma e = noisy], differentiable in ``noisy``.

        Parameters
        ----------
        noisy
            Items with noise ``(n, *item_shape)``.
        sigma
            Standard deviation of the noise in units of the items, a scalar or ``(n,)``.
        condition
            What the items are known to be, in the denoiser's own terms; None for nothing.
        """
        ...


@runtime_checkable
class Density(Protocol):
    """A sampler that knows how likely an item is."""

    def log_density(self, items: Tensor) -> Tensor:
        """Log-density of items ``(n, *item_shape)`` -> ``(n,)``."""
        ...
