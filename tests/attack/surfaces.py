"""All that takes a file: options of methods and of components, and verbs."""

from __future__ import annotations

from attack.methods import Surface, method_surfaces
from attack.parts import part_surfaces
from attack.verbs import verb_surfaces


def surfaces() -> list[Surface]:
    """Return them in a fixed order, those of a method together."""
    methods = method_surfaces()
    found = [*methods, *part_surfaces(), *verb_surfaces(methods)]
    order = list(dict.fromkeys(each.method for each in found))
    return sorted(found, key=lambda each: order.index(each.method))
