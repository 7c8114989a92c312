"""What the tests of all plugins share."""

from geoframe.testing.seeding import same_random_numbers

__all__ = ["same_random_numbers"]
