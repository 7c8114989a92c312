"""XML of strangers: parsed without entities."""

from __future__ import annotations

from xml.etree import ElementTree

from geoframe.data import shown
from geoframe.errors import DataError
from geoframe_data.files import UserFile


def parse_xml(file: UserFile, what: str) -> ElementTree.Element:
    """Parse an XML file.

    Raises
    ------
    DataError
        If it is not well formed, or declares entities, which can name other files and grow
        without bound.
    """
    text = file.text()
    if "<!ENTITY" in text:
        raise DataError(f"{file.path}: declares XML entities, which are not read; remove them")
    try:
        return ElementTree.fromstring(text.encode())
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise DataError(f"{file.path}: not a readable {what} file: {shown(error)}") from None
