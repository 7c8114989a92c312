"""Write stdlib_imports.csv: which module of Python's standard library imports which.

    python make_stdlib_imports.py stdlib_imports.csv

An edge u -> v says that v imports u when v itself is imported (imports inside functions do not
count), for the modules below and all that they need. The weight is the Jaccard distance between
the modules that u and v import directly, each counted among its own: near 0 for modules with the
same surroundings, near 1 for modules that share little.
"""

import ast
import csv
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

ROOTS = ("asyncio", "http.server", "multiprocessing.pool", "sqlite3", "unittest", "zipfile")
STDLIB = Path(sysconfig.get_path("stdlib"))


def file_of(module: str) -> Path | None:
    """Return the source of a module, None if it is not Python or not of the library."""
    if module.partition(".")[0] not in sys.stdlib_module_names:
        return None
    base = STDLIB.joinpath(*module.split("."))
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def statements(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """Yield what runs on import: no bodies of functions, nothing for scripts alone."""
    for statement in body:
        yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(statement, ast.If) and "__name__" in ast.unparse(statement.test):
            continue
        for part in ("body", "orelse", "finalbody"):
            yield from statements(getattr(statement, part, []))
        for handler in getattr(statement, "handlers", []):
            yield from statements(handler.body)


def imports(module: str) -> set[str]:
    """Return the Python modules of the library that a module imports."""
    path = file_of(module)
    assert path is not None
    package = module if path.name == "__init__.py" else module.rpartition(".")[0]
    found: set[str] = set()
    for statement in statements(ast.parse(path.read_bytes()).body):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
        elif isinstance(statement, ast.ImportFrom):
            base = statement.module or ""
            if statement.level:
                above = package.split(".")[: len(package.split(".")) - statement.level + 1]
                base = ".".join([*above, *base.split(".")]).rstrip(".")
            members = {f"{base}.{alias.name}" for alias in statement.names}
            modules = {member for member in members if file_of(member)}
            found |= modules if modules == members else {base, *modules}
    return {name for name in found if name != module and file_of(name)}


def main(path: str) -> None:
    """Follow the imports from the roots and write the table."""
    needs: dict[str, set[str]] = {}
    waiting = list(ROOTS)
    while waiting:
        module = waiting.pop()
        if module not in needs:
            needs[module] = imports(module)
            waiting += sorted(needs[module])
    with open(path, "w", newline="", encoding="utf-8") as file:
        version = ".".join(map(str, sys.version_info[:2]))
        file.write(
            f"# Imports in the standard library of Python {version}, imported -> importer.\n"
        )
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["source", "target", "weight"])
        for importer in sorted(needs):
            for imported in sorted(needs[importer]):
                ours, theirs = needs[importer] | {importer}, needs[imported] | {imported}
                weight = 1 - len(ours & theirs) / len(ours | theirs)
                table.writerow([imported, importer, f"{weight:.4f}"])


if __name__ == "__main__":
    main(*sys.argv[1:])
