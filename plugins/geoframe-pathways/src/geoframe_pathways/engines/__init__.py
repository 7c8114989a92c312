"""Engines that train experts: in this process, in several, on a Ray cluster."""
