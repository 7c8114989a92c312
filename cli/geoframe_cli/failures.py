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

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import click

from geoframe.terminal import say
from geoframe.text import one_line, printable


@contextmanager
def explained_failures(*, debug: bool) -> Iterator[None]:
    """Turn exceptions into messages on stderr and exit codes; with ``debug``, tracebacks too."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise  # click knows what to do
    except KeyboardInterrupt:
        say("Interrupted", err=True)
        sys.exit(130)
    except Exception as error:
        from geoframe.errors import GeoframeError

        if debug:
            import traceback

            say(traceback.format_exc(), err=True, nl=False)
        if isinstance(error, GeoframeError):
            for line in printable(str(error)).splitlines():
                say(f"Error: {line}", err=True)
            sys.exit(error.exit_code)
        hint = "" if debug else "; rerun with 'geoframe --debug ...' for the traceback"
        text = one_line(str(error))
        say(f"Internal error: {type(error).__name__}: {text}{hint}", err=True)
        sys.exit(1)
