"""OBO ontologies: terms and what they are kinds of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from geoframe.data import listed, shown
from geoframe.errors import DataError
from geoframe_data.files import UserFile
from geoframe_data.graph import Graph
from geoframe_data.graphs.fields import Fields
from geoframe_data.graphs.records import Records, graph_of_records

Stanza = dict[str, list[str]]


def read_obo(file: UserFile, fields: Fields) -> Graph:
    """Read the terms of an OBO file; an edge leads from a term to its kinds (``is_a``).

    Obsolete terms are left out, and so are other relations, which is noted. A term is named by its
    ``name`` where all names differ.

    Raises
    ------
    DataError
        If it holds no terms, or a term is a kind of one that is not there.
    """
    terms = {
        stanza["id"][0]: stanza
        for stanza in _terms(file.text())
        if stanza.get("id") and stanza.get("is_obsolete") != ["true"]
    }
    if not terms:
        raise DataError(f"{file.path}: not a readable obo file: it holds no [Term] with an id")
    others = Counter(
        value.split(maxsplit=1)[0]
        for stanza in terms.values()
        for value in stanza.get("relationship", ())
        if value
    )
    note = f"relations other than is_a were passed over: {listed([*others])}"
    place = {term: index for index, term in enumerate(terms)}
    ends = []
    for term, stanza in terms.items():
        for value in stanza.get("is_a", ()):
            above = value.split(maxsplit=1)[0] if value else ""
            if above not in place:
                raise DataError(
                    f"{file.path}: '{shown(term)}' is a '{shown(above)}', which is not among the "
                    "terms"
                )
            ends.append((place[above], place[term]))
    return graph_of_records(
        Records(
            origin=str(file.path),
            identifiers=[*terms],
            nodes=[{key: stanza[key][0] for key in ("name", "namespace") if key in stanza}
                   for stanza in terms.values()],
            ends=ends,
            edges=[{} for _ in ends],
            directed=True,
            notes=(note,) if others else (),
        ),
        fields,
    )  # fmt: skip


def _terms(text: str) -> Iterator[Stanza]:
    stanza: Stanza | None = None
    for line in text.splitlines():
        line = line.strip()
        if line.startswith("["):
            if stanza is not None:
                yield stanza
            stanza = {} if line == "[Term]" else None
        elif stanza is not None and ":" in line and not line.startswith("!"):
            key, _, value = line.partition(":")
            # What follows an exclamation mark or stands in braces is for readers.
            plain = value.split(" ! ")[0].split(" {")[0] if key == "is_a" else value
            stanza.setdefault(key.strip(), []).append(plain.strip())
    if stanza is not None:
        yield stanza
