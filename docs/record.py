"""Record the terminal session of the README: ``python docs/record.py`` (or ``make picture``).

The commands are really run, in an empty folder and on a terminal of their own; what they print
becomes ``images/terminal.svg``.
"""

from __future__ import annotations

import io
import os
import pty
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

PICTURE = Path(__file__).parent / "images" / "terminal.svg"
COLUMNS = 96

EDGES = """\
source,target,weight
feed starter,mix dough,8
grind flour,mix dough,0.5
mix dough,first rise,0.5
first rise,shape,4
shape,second rise,0.5
second rise,bake,1.5
heat oven,bake,1
bake,cool,0.75
cool,slice,1
cool,freeze,3
"""

QUESTIONS = (
    "import geoframe; bread = geoframe.open_run('bread').load(); "
    "print(bread.nearest('shape', k=2, after=True))"
)

SESSION = (
    "geoframe run nst --set data.path=bread.csv --set trainer.stesp=300",
    "geoframe run nst --set data.path=bread.csv --set trainer.steps=300 --run-dir bread",
    f'python -c "{QUESTIONS}"',
    "geoframe check sphere",
)


def on_a_terminal(command: str, folder: Path) -> str:
    """Run a command on a pseudo-terminal and return what it shows, colours included."""
    leader, follower = pty.openpty()
    scripts = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([scripts, os.environ["PATH"]]),
        "COLUMNS": str(COLUMNS),
        "OMP_NUM_THREADS": "1",
        "TERM": "xterm-256color",
    }
    process = subprocess.Popen(
        ["bash", "-c", command], cwd=folder, env=environment, stdout=follower, stderr=follower
    )
    os.close(follower)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # the other end is closed: that was all
        pass
    os.close(leader)
    process.wait()
    return settled(shown.decode().replace("\r\n", "\n"))


def settled(shown: str) -> str:
    """Drop what was there for a moment only: the progress bar, which erases itself."""
    shown = shown[shown.rfind("\x1b[2K") + 4 :] if "\x1b[2K" in shown else shown
    return re.sub(r"\x1b\[\?25[hl]|\x1b\[\d*[ABCDGJK]|\r", "", shown)


def main() -> None:
    """Run the session and write the picture."""
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), highlight=False)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "bread.csv").write_text(EDGES, encoding="utf-8")
        for command in SESSION:
            console.print(Text.assemble(("$ ", "bold green"), (command, "bold")))
            shown = on_a_terminal(command, folder).replace(f"{folder.resolve()}/", "")
            console.print(Text.from_ansi(shown.rstrip()))
            console.print()
    # No font is fetched from outside: whoever looks has a monospaced one.
    plain = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.S)
    svg = console.export_svg(
        title="geoframe", theme=MONOKAI, code_format=plain, unique_id="geoframe"
    )
    PICTURE.write_text(svg.replace("Fira Code", "ui-monospace, monospace"), encoding="utf-8")
    print(PICTURE)


if __name__ == "__main__":
    main()
