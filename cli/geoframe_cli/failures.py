"""What the user sees when something fails: one line per problem, and an exit code.

========= ====================================================================
exit code meaning
========= ====================================================================
0         done
1         an internal error, or a check that found problems
2         a mistake that the user can mend (usage, config, data, plugin, run)
130       interrupted
========= ====================================================================
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click

from geoframe.terminal import say
from geoframe_cli.signals import INTERRUPTED, interruptible

MAX_LINES = 7
"""Problems that are told; of the others their number."""
OF_THE_SYSTEM = frozenset(
    {
        *(errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM),
        *(
            errno.EMFILE,
            errno.ENFILE,
            errno.ENOMEM,
            errno.ENAMETOOLONG,
            errno.ELOOP,
            errno.EIO,
            errno.EBADF,
        ),
    }
)
"""What the operating system refuses for reasons that are not ours."""
OUT_OF_MEMORY = ("allocate memory", "out of memory", "bad allocation", "Storage size calculation")
"""How torch's errors about memory read; they have no type of their own on the CPU."""


@contextmanager
def explained_failures(*, debug: bool) -> Iterator[None]:
    """Turn exceptions into messages on stderr and exit codes; with ``debug``, tracebacks too."""
    with interruptible() as stop:
        try:
            yield
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise  # click knows what to do
        except SystemExit as ended:
            if stop.asked and ended.code in (0, None):
                sys.exit(INTERRUPTED)
            raise
        except KeyboardInterrupt:
            say("Interrupted", err=True)
            sys.exit(INTERRUPTED)
        except Exception as error:
            if stop.asked:  # an import that is interrupted may raise anything
                say("Interrupted", err=True)
                sys.exit(INTERRUPTED)
            sys.exit(_explain(error, debug=debug))


def _explain(error: Exception, *, debug: bool) -> int:
    """Say what went wrong and return the exit code."""
    from geoframe.errors import GeoframeError
    from geoframe.text import one_line, printable  # --help explains nothing

    if debug:
        import traceback

        say(traceback.format_exc(), err=True, nl=False)
    if isinstance(error, GeoframeError):
        problems = printable(str(error)).splitlines()
        for line in problems[:MAX_LINES]:
            say(f"Error: {line}", err=True)
        if len(problems) > MAX_LINES:
            say(f"Error: ... and {len(problems) - MAX_LINES} problems more", err=True)
        return error.exit_code
    if reason := _of_the_system(error):
        say(f"Error: {one_line(reason)}", err=True)
        return GeoframeError.exit_code
    hint = "" if debug else "; rerun with 'geoframe --debug ...' for the traceback"
    say(f"Internal error: {type(error).__name__}: {one_line(str(error))}{hint}", err=True)
    return 1


def _of_the_system(error: Exception) -> str:
    """Return the reason if the machine, not the program, is what fails; else nothing."""
    from geoframe.text import one_line

    if isinstance(error, OSError) and error.errno in OF_THE_SYSTEM:
        if error.filename is None:  # a write to stdout; whatever waits there would fail again
            with suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return f"the output cannot be written: {error.strerror}"
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, MemoryError) or any(text in str(error) for text in OUT_OF_MEMORY):
        what = one_line(str(error))[:200]
        return f"not enough memory ({what or 'none is left'}); choose smaller sizes or fewer items"
    if isinstance(error, RecursionError):
        return "something is nested too deeply to be read"
    return ""
