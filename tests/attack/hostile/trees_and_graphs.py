"""Trees, graphs and meshes as text."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from attack.hostile.texts import DEEP


def trees_and_graphs() -> Iterator[tuple[str, bytes]]:
    yield "star.nwk", b"(" + b",".join(b"a%d" % i for i in range(100_000)) + b");"
    yield "deep.nwk", b"(" * DEEP + b"a" + b")" * DEEP + b";"
    yield "lengths.nwk", b"((a:1e300,b:1e-300):-1,c:1e999,d:nan);"
    yield "open.nwk", b"((a,b),(c,d);"
    yield "comment.nwk", b"((a[,b),c);" + b"[" * 1000
    yield "same.nwk", b"((a,a),a);"
    yield "empty.nwk", b"(,,(,));"
    yield "quotes.nwk", b"('a''b\n',\"c);"
    yield "none.nex", b"#NEXUS\nbegin trees;\n tree x = ;\nend;"
    yield "cut.nex", b"#NEXUS\nbegin taxa; dimensions ntax=9999999999; taxlabels a b"
    xml = b'<?xml version="1.0"?>'
    laughs = b"".join(
        b'<!ENTITY l%d "%s">' % (i, b"&l%d;" % (i - 1) * 10 if i else b"lol") for i in range(10)
    )
    graphml = b'<graphml xmlns="http://graphml.graphdrawing.org/xmlns">'
    yield "laughs.graphml", xml + b"<!DOCTYPE g [" + laughs + b"]><graphml>&l9;</graphml>"
    yield (
        "outside.graphml",
        xml
        + b'<!DOCTYPE g [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
        + graphml
        + b"&x;</graphml>",
    )
    yield "deep.graphml", xml + b"<a>" * DEEP
    yield "none.graphml", xml + graphml + b"</graphml>"
    yield (
        "unlisted.graphml",
        xml + graphml + b'<graph edgedefault="directed"><node id="a"/>'
        b'<edge source="a" target="z"/></graph></graphml>',
    )
    yield (
        "types.graphml",
        xml + graphml + b'<key id="d0" for="edge" attr.name="weight" attr.type="double"/>'
        b'<graph edgedefault="directed"><node id="a"/><node id="b"/>'
        b'<edge source="a" target="b"><data key="d0">many</data></edge></graph></graphml>',
    )
    yield "cut.graphml", xml + graphml + b"<graph><node id="
    yield "deep.gml", b"graph [ " + b"a [ " * DEEP
    yield "types.gml", b'graph [ node [ id "x" ] edge [ source 0 target 1 weight "w" ] ]'
    yield "cut.gml", b"graph [ node [ id 0"
    yield "bad.obj", b"v 0 0 0\nv nan 0 1\nv 1e400 0 0\nf 1 2 9999999999\nf 0 0 0\nf a b c\n"
    yield "empty.obj", b"# nothing\n"
    ply = b"ply\nformat ascii 1.0\nelement vertex %s\nproperty float x\nend_header\n"
    yield "count.ply", ply % b"99999999999" + b"1\n"
    yield "minus.ply", ply % b"-5" + b"1\n"
    yield "bad.off", b"OFF\n-1 99999999999 0\n"
    yield "count.stl", b"\0" * 80 + struct.pack("<I", 2**32 - 1) + b"\0" * 50
