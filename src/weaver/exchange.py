"""In a warm kernel: the functions of loaded modules get the code of edited sources, whoever holds them.

The sources differ in bodies of functions alone (see `weaver.bodies`), so that each function has a
counterpart. All of a module get theirs, also those whose lines have only moved: who reads the source of one
finds the right lines.
"""

import gc
import linecache
import sys
from collections.abc import Iterator, Mapping
from inspect import CO_OPTIMIZED
from types import CodeType, FunctionType

Codes = dict[CodeType, CodeType | None]
"""From code to its counterpart; None where it has two that differ."""


def exchange(sources: Mapping[str, tuple[bytes, bytes]]) -> str:
    """Exchange the code of modules, given as sources before and now; return why not, if it cannot be done.

    Nothing has changed where there is such a reason.
    """
    found = {file: _counterparts(file, *pair) for file, pair in _loaded(sources)}
    functions = [each for each in gc.get_objects() if type(each) is FunctionType]
    pairs = [
        (each, found[each.__code__.co_filename].get(each.__code__))
        for each in functions
        if each.__code__.co_filename in found
    ]
    for function, code in pairs:
        if code is None or code.co_freevars != function.__code__.co_freevars:
            return f"{function.__qualname__} has no counterpart in the edited source"
    for function, code in pairs:
        if code is not None:
            function.__code__ = code
            function.__doc__ = FunctionType(code, function.__globals__, closure=function.__closure__).__doc__
    for file in found:
        linecache.checkcache(file)
    return ""


def _loaded(sources: Mapping[str, tuple[bytes, bytes]]) -> Iterator[tuple[str, tuple[bytes, bytes]]]:
    """Give out the sources of those modules that are loaded, by their files; others load what is there."""
    for name, pair in sources.items():
        module = sys.modules.get(name)
        if module is not None and module.__file__:
            yield module.__file__, pair


def _counterparts(file: str, before: bytes, now: bytes) -> Codes:
    found: Codes = {}
    pairs = _pairs(*(compile(source, file, "exec", dont_inherit=True) for source in (before, now)))
    for old, new in pairs:
        found[old] = new if found.get(old, new) == new else None
    return found


def _pairs(before: CodeType, now: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Pair the functions in the code of a module, a class, or a function that does what it did."""
    for old, new in zip(_inner(before), _inner(now), strict=True):
        if _is_function(old):
            yield old, new
        if not _is_function(old) or _meaning(old) == _meaning(new):
            yield from _pairs(old, new)


def _inner(code: CodeType) -> list[CodeType]:
    return [constant for constant in code.co_consts if isinstance(constant, CodeType)]


def _is_function(code: CodeType) -> bool:
    return bool(code.co_flags & CO_OPTIMIZED)


def _meaning(code: CodeType) -> tuple[object, ...]:
    """Return all of code but the lines that it stands in."""
    constants = tuple(
        _meaning(constant) if isinstance(constant, CodeType) else (type(constant), constant)
        for constant in code.co_consts
    )
    names = (code.co_name, code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars)
    arguments = (code.co_argcount, code.co_posonlyargcount, code.co_kwonlyargcount)
    return (code.co_flags, *names, *arguments, code.co_code, code.co_exceptiontable, constants)
