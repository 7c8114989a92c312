"""From the ``[data]`` table to a tree."""

from __future__ import annotations

from geoframe_data.tree import Tree
from geoframe_data.tree_policy import as_tree
from geoframe_hnn.data_config import TreeDataConfig


def load_tree(config: TreeDataConfig) -> Tree:
    """Read the user's tree, or build the dataset that stands for it, and apply the policies.

    Raises
    ------
    DataError
        One line: what is wrong, where, and what to do.
    """
    return as_tree(
        config.given(config.dataset),
        lengths=config.lengths,
        root=config.root,
        roots=config.roots,
        multiple_parents=config.multiple_parents,
        zero_lengths=config.zero_lengths,
        duplicates=config.duplicates,
    )
