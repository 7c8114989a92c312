"""Reading arrays out of a pickle without unpickling: nothing that it names is looked up or called.

A pickle is a program for a small machine. Here its instructions are read as data; those for plain
values, containers and numpy's arrays are followed, and any other ends the reading.
"""

from __future__ import annotations

import pickletools
from typing import Any

import attrs
import numpy as np

PLAIN = {
    *("NONE", "NEWTRUE", "NEWFALSE", "INT", "BININT", "BININT1", "BININT2"),
    *("LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE", "SHORT_BINUNICODE"),
    *("BINUNICODE8", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8"),
}
CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False}
EMPTY = {"EMPTY_LIST": list, "EMPTY_DICT": dict, "EMPTY_TUPLE": tuple}
MARKED = {"LIST": list, "TUPLE": tuple}
TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
PUTS = {"PUT", "BINPUT", "LONG_BINPUT", "MEMOIZE"}
GETS = {"GET", "BINGET", "LONG_BINGET"}
KINDS = "biufcSU"
"""Kinds of numbers and text that an array may hold, besides plain values."""


class _Mark:
    pass


@attrs.frozen
class _Name:
    """What a pickle wants to be looked up, as text."""

    text: str


@attrs.define(eq=False)
class _Array:
    """An array of which the content comes later."""

    value: Any = None


def read_plain_pickle(content: bytes) -> Any:
    """Return what a pickle of plain values, containers and arrays stands for.

    Raises
    ------
    ValueError
        If it asks for anything else, or is damaged.
    """
    stack: list[Any] = []
    memo: dict[int, Any] = {}
    for code, argument, _ in pickletools.genops(content):
        name = code.name
        if name in PLAIN:
            stack.append(CONSTANTS.get(name, argument))
        elif name in EMPTY:
            stack.append(EMPTY[name]())
        elif name == "MARK":
            stack.append(_Mark())
        elif name in MARKED:
            stack.append(MARKED[name](_marked(stack)))
        elif name in TUPLES:
            stack[-TUPLES[name] :] = [tuple(stack[-TUPLES[name] :])]
        elif name in PUTS:
            memo[len(memo) if argument is None else int(argument)] = stack[-1]
        elif name in GETS:
            stack.append(memo[int(str(argument))])
        elif name == "GLOBAL":
            stack.append(_Name(str(argument).replace(" ", ".")))
        elif name == "STACK_GLOBAL":
            stack[-2:] = [_Name(f"{stack[-2]}.{stack[-1]}")]
        elif name in ("APPEND", "APPENDS"):
            items = _marked(stack) if name == "APPENDS" else [stack.pop()]
            _of(stack[-1], list).extend(items)
        elif name in ("SETITEM", "SETITEMS"):
            items = _marked(stack) if name == "SETITEMS" else [stack.pop(-2), stack.pop()]
            _of(stack[-1], dict).update(zip(items[::2], items[1::2], strict=True))
        elif name == "REDUCE":
            stack[-2:] = [_made(*stack[-2:])]
        elif name == "BUILD":
            stack[-2:] = [_filled(*stack[-2:])]
        elif name not in ("PROTO", "FRAME", "STOP"):
            raise ValueError(f"it has the instruction {name}, which is never followed")
    return _resolved(stack.pop(), {})


def _marked(stack: list[Any]) -> list[Any]:
    """Take what lies above the last mark."""
    at = len(stack) - 1
    while not isinstance(stack[at], _Mark):  # past the lowest one this is an IndexError
        at = at - 1 if at else len(stack)
    values = stack[at + 1 :]
    del stack[at:]
    return values


def _of(value: Any, kind: type) -> Any:
    if type(value) is not kind:
        raise ValueError(f"it fills a {type(value).__name__} as if it were a {kind.__name__}")
    return value


def _made(function: Any, arguments: Any) -> Any:
    """Return what numpy's own constructors make, told by their names."""
    text = function.text if isinstance(function, _Name) else type(function).__name__
    short = text.replace("numpy._core.", "numpy.core.")
    if short == "numpy.core.multiarray._reconstruct":
        return _Array()
    if short == "numpy.dtype":
        return _dtype(arguments[0])
    if short == "numpy.core.multiarray.scalar":
        return np.frombuffer(arguments[1], _numeric(arguments[0]))[0]
    if short == "_codecs.encode" and arguments[1] == "latin1":
        return str(arguments[0]).encode("latin1")
    raise ValueError(f"it names {text}, which is never loaded")


def _dtype(text: Any) -> np.dtype[Any]:
    found = np.dtype(str(text))
    if found.kind not in f"{KINDS}O":
        raise ValueError(f"it has an array of type {found}")
    return found


def _numeric(dtype: Any) -> np.dtype[Any]:
    if not isinstance(dtype, np.dtype) or dtype.kind not in KINDS:
        raise ValueError("it has values that are no numbers and no text")
    return dtype


def _filled(target: Any, state: Any) -> Any:
    if isinstance(target, np.dtype):
        return target.newbyteorder(state[1]) if state[1] in "<>" else target
    if not isinstance(target, _Array):
        raise ValueError(f"it sets the state of a {type(target).__name__}")
    _, shape, dtype, fortran, content = state
    if isinstance(dtype, np.dtype) and dtype.kind == "O":
        flat = np.empty(len(_of(content, list)), object)
        flat[:] = content
    else:
        flat = np.frombuffer(content, _numeric(dtype))
    target.value = flat.reshape(shape, order="F" if fortran else "C")
    return target


def _resolved(value: Any, done: dict[int, Any]) -> Any:
    """Put arrays in the place of those that were promised; what is there twice stays one thing."""
    if id(value) not in done:
        done[id(value)] = _resolved_now(value, done)
    return done[id(value)]


def _resolved_now(value: Any, done: dict[int, Any]) -> Any:
    if isinstance(value, _Array):
        return _resolved(value.value, done)
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        flat = np.empty(value.size, object)
        for place, each in enumerate(value.flat):
            flat[place] = _resolved(each, done)
        return flat.reshape(value.shape)
    if isinstance(value, dict):
        return {key: _resolved(each, done) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_resolved(each, done) for each in value)
    if isinstance(value, _Name | _Mark):
        raise ValueError("it holds a name of something that is never loaded")
    return value
