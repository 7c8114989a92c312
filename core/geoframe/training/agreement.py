"""One decision of several processes, of which only some may know the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.distributed as dist

if TYPE_CHECKING:
    from accelerate import Accelerator


class Agreement:
    """Whether any process wants to stop, learnt by all of them after the same step.

    A signal may reach one process only, or each at another step, and one that stopped alone
    would leave the others waiting for its gradients. So after every step each casts a vote. Votes
    travel while the next step is computed, so that no step waits for them, and count after it.

    Parameters
    ----------
    accelerator
        Knows the other processes.
    """

    def __init__(self, accelerator: Accelerator) -> None:
        self.alone = accelerator.num_processes == 1
        self.device = accelerator.device
        self._vote: tuple[torch.Tensor, dist.Work] | None = None

    def stops(self, wanted: bool, *, last: bool) -> bool:
        """Whether all stop now; to be called by every process after each step.

        Parameters
        ----------
        wanted
            Whether this process wants to.
        last
            Whether no step follows, so that this vote has to count at once.
        """
        if self.alone:
            return wanted
        if self._counted():
            return True
        vote = torch.tensor(float(wanted), device=self.device)
        work = dist.all_reduce(vote, op=dist.ReduceOp.MAX, async_op=True)
        assert work is not None
        self._vote = vote, work
        return last and self._counted()

    def _counted(self) -> bool:
        if self._vote is None:
            return False
        vote, work = self._vote
        work.wait()
        return bool(vote)
