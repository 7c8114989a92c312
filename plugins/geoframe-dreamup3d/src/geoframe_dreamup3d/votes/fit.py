"""From a config and labelled scenes to a trained voting network."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from geoframe import Training
from geoframe.run.directory import Run
from geoframe_data.scenes import Scenes
from geoframe_dreamup3d.config import DreamUp3DConfig
from geoframe_dreamup3d.votes.backend import VotesBackend
from geoframe_dreamup3d.votes.network import VotingNetwork
from geoframe_dreamup3d.votes.objective import VotesObjective
from geoframe_dreamup3d.votes.samples import vote_samples


def fit_votes(config: DreamUp3DConfig, scenes: Scenes, run: Run) -> tuple[VotesBackend, Training]:
    """Train on the scenes' masks, logging and keeping checkpoints in ``run``.

    Raises
    ------
    DataError
        If the scenes have no masks.
    """
    objective = VotesObjective(
        VotingNetwork(),
        vote_samples(scenes),
        window=config.votes.window,
        foreground_weight=config.votes.foreground_weight,
    )
    training = config.trainer.build().fit(objective, run)
    return VotesBackend(objective.network), training


def restore_votes(state: Mapping[str, Tensor]) -> VotesBackend:
    """Rebuild what was trained from its weights."""
    network = VotingNetwork()
    network.load_state_dict(dict(state))
    return VotesBackend(network)
