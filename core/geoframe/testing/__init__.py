"""The conformance kit: checks that hold a component to its interface and to its promises.

In a notebook, on an object or (better, since some checks build afresh) on what builds one::

    from geoframe.testing import check_geometry
    check_geometry(lambda: MyGeometry(dim=3))

In a plugin's tests, each check becoming a test of its own::

    from geoframe.testing import GeometryConformance

    class TestMyGeometry(GeometryConformance):
        def make(self):
            return MyGeometry(dim=3)

For an installed component, built with its default options: :func:`check_component`.

The checks themselves are plain functions in the ``*_CHECKS`` tuples. pytest is needed only for
the ``*Conformance`` classes.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
