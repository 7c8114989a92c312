"""Tables and lines of text."""

from __future__ import annotations

from collections.abc import Iterator

DEEP = 100_000


def texts() -> Iterator[tuple[str, bytes]]:
    table = b"source,target,weight,label,text,x,y\n"
    row = b"a,b,1.5,yes,hello,0.1,0.2\n"
    for end in ("csv", "tsv", "json", "jsonl", "txt"):
        yield f"empty.{end}", b""
        yield f"blanks.{end}", b" \n\t\n  \r\n"
        yield f"null.{end}", b"a,b\0,c\n1,\0,2\n"
        yield f"latin1.{end}", table + "größe,b,1\n".encode("latin-1")
        yield f"binary.{end}", bytes(range(256)) * 20
    yield "bom.csv", b"\xef\xbb\xbf"
    yield "utf16.csv", (table + row).decode().encode("utf-16-le")
    yield "header-alone.csv", table
    yield "one-row.csv", table + row
    yield "ragged.csv", table + row + b"a,b\n" + b"a,b,c,d,e,f,g,h,i,j\n"
    yield "quote.csv", table + b'"a,b,1\n' + row * 50
    yield "long-line.csv", table + b"a" * 5_000_000 + b",b,1\n"
    yield (
        "wide.csv",
        b",".join(b"c%d" % i for i in range(100_000)) + b"\n" + b"1," * 99_999 + b"1\n",
    )
    yield "digits.csv", table + b"a,b," + b"9" * 5000 + b",yes,t,1,2\n" + row
    yield (
        "huge.csv",
        table + b"a,b,1e308,yes,t,1e308,-1e308\nb,c,1e-320,no,t,1e400,-1e400\n" + row * 9,
    )
    yield "nan.csv", table + b"a,b,nan,nan,nan,nan,nan\nb,c,inf,inf,,-inf,inf\n" * 9
    yield "negative.csv", table + b"a,b,-1,no,t,-1,-1\nb,c,-0.0,yes,t,0,0\n" * 9
    yield "same.csv", table + row * 300
    yield "loops.csv", table + b"a,a,1,yes,t,0,0\nb,b,1,no,t,1,1\n" * 9
    yield "cycle.csv", table + b"a,b,1,y,t,0,1\nb,c,1,n,t,1,0\nc,a,1,y,t,2,2\n"
    yield "constant.csv", table + b"a,b,0,same,same,0,0\n" + b"b,c,0,same,same,0,0\n" * 30
    yield (
        "escapes.csv",
        table + b"\x1b[2J\x1b]0;t\x07,\xe2\x80\xaeb,1,\x1b[31m,\x9b,1,2\n" + row * 5,
    )
    yield "formula.csv", table + b"=cmd|' /C calc'!A0,@x,+1,-1,=1+1,1,2\n" + row * 5
    yield "doubled.csv", b"x,x,y,y\n1,2,3,4\n" * 9
    yield "dates.csv", table + b"a,b,2024-13-45,yes,t,00:61,1/0/0\n" + row * 5
    yield "crlf.csv", (table + row * 3).replace(b"\n", b"\r") + b"\x1a"
    yield "deep.json", b"[" * DEEP
    yield "deep-objects.json", b'{"a":' * DEEP + b"1" + b"}" * DEEP
    yield "digits.json", b'{"nodes": [{"id": ' + b"9" * 5000 + b'}], "links": []}'
    yield "surrogate.json", b'{"nodes": [{"id": "\\ud800"}], "links": [{"source": "\\ud800"}]}'
    yield "nan.json", b'{"nodes": [{"id": NaN}], "links": [{"source": NaN, "target": Infinity}]}'
    yield "unlisted.json", b'{"nodes": [{"id": 1}], "links": [{"source": 1, "target": 2}]}'
    yield "types.json", b'{"nodes": {"a": [1]}, "links": "abc", "edges": 3, "children": {"x": 1}}'
    yield "scalar.json", b"3"
    yield "list.json", b'[1, "a", null, {"a": []}, [[]]]'
    yield "cut.json", b'{"nodes": [{"id": 1}, {"id": 2'
    yield "lines.jsonl", b'{"text": 1}\n[]\n{"text": null}\n{"text": {"a": 1}}\nnull\n'
    yield "deep.jsonl", b"[" * DEEP + b"\n"
