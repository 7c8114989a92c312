"""A worker process: trains the blocks of its shard and reports them to the driver.

Started by the driver, or by hand on another machine::

    GEOFRAME_TOKEN=... python -m geoframe_pathways.trainers.worker HOST PORT SHARD SHARDS
"""

from __future__ import annotations

import math
import os
import sys

from torch.distributed import DistNetworkError, DistStoreError

from geoframe_pathways.trainers.block import advance, next_stop
from geoframe_pathways.trainers.task_store import TOKEN, TaskStore


def work(store: TaskStore, shard: int, shards: int) -> None:
    """Train every pending block ``b`` with ``b % shards == shard``, from where it stands."""
    task, blocks, pending, options = store.get_work()
    for block in (block for block in pending if block % shards == shard):
        state = store.get_state(block)
        while state.step < options.schedule.steps and math.isfinite(state.loss) | (state.step == 0):
            until = next_stop(state.step, options, len(blocks[block]))
            state = advance(task, blocks[block], state, options, until)
            store.put_state(block, state)


def main(arguments: list[str]) -> int:
    """Join the driver at the address given and work; return the exit code."""
    host, port, shard, shards = arguments[0], *map(int, arguments[1:])
    try:
        store = TaskStore(host, port, driver=False, token=os.environ.get(TOKEN, ""))
        work(store, shard, shards)
    except (DistNetworkError, DistStoreError) as error:  # the driver is gone, so is the work
        print(f"worker {shard}: lost the driver at {host}:{port}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
