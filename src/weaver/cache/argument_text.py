"""The arguments of kept results in words: what one is, and in what several differ."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from weaver.cache.argument_key import JSON

LISTED = 4  # more values than this are only counted


def words(value: JSON) -> str:
    """Write the description of an argument briefly: `0.1`, `(784, 32, 10)`, `Steps(factor=0.1)`."""
    if isinstance(value, list):
        return f"[{', '.join(map(words, value))}]"
    if not isinstance(value, dict):
        return str(value)
    return next((write(value) for kind, write in WRITTEN.items() if kind in value), repr(value))


def differences(settings: Sequence[Mapping[str, JSON]]) -> dict[str, tuple[JSON, ...]]:
    """Return the arguments, or parts of them, that are not the same in all settings, with the value of each.

    Parts of dataclasses go by the last of their names where that is unambiguous: `seed`, not `members.seed`;
    what goes together is named together: `seed, batch_seed`. Arrays are left out: no one reads a digest.
    """
    found = dict(_differences("", [{"fields": dict(each)} for each in settings]))
    last = [path.rpartition(".")[2] for path in found]
    names: dict[str, list[str]] = {}
    for path, name in zip(found, last, strict=True):
        names.setdefault(repr(found[path]), []).append(name if last.count(name) == 1 else path)
    values = {repr(each): each for each in found.values()}
    return {", ".join(together): values[same] for same, together in names.items()}


def summary(values: Sequence[JSON]) -> str:
    """Say which values there are: all of a few, first and last of many numbers, else how many."""
    distinct = _distinct(values)
    numbers = [value for value in distinct if isinstance(value, int | float)]
    if len(numbers) < len(distinct):
        texts = list(dict.fromkeys(map(_class_name, distinct)))
        return ", ".join(texts) if len(texts) <= LISTED else f"{len(texts)} values"
    if len(numbers) > LISTED:
        return f"{min(numbers)} … {max(numbers)} ({len(numbers)} values)"
    return ", ".join(map(words, sorted(numbers)))


def _class_name(value: JSON) -> str:
    """Write a dataclass by its name alone, anything else as it is."""
    is_record = isinstance(value, dict) and "dataclass" in value
    return words(value).partition("(")[0] if is_record else words(value)


def _differences(path: str, values: Sequence[Any]) -> Iterator[tuple[str, tuple[JSON, ...]]]:
    if len(_distinct(values)) == 1 or all(map(_is_array, values)):
        return
    if _is_one_class(values):
        for name in values[0]["fields"]:
            inside = [value["fields"][name] for value in values]
            yield from _differences(f"{path}.{name}".removeprefix("."), inside)
    else:
        yield path or "arguments", tuple(values)  # the function itself has others now


def _is_array(value: JSON) -> bool:
    return isinstance(value, dict) and "array" in value


def _is_one_class(values: Sequence[Any]) -> bool:
    """Whether all are of one dataclass, so that its fields tell them apart."""
    kinds = [
        (value.get("dataclass"), *value["fields"]) if isinstance(value, dict) and "fields" in value else None
        for value in values
    ]
    return kinds[0] is not None and kinds.count(kinds[0]) == len(kinds)


def _distinct(values: Sequence[JSON]) -> list[JSON]:
    return list({repr(value): value for value in values}.values())


def _record(value: Mapping[str, Any]) -> str:
    fields = {name: part for name, part in value["fields"].items() if not _is_array(part)}
    written = ", ".join(f"{name}={words(part)}" for name, part in fields.items())
    return f"{value['dataclass'].rpartition(':')[2]}({written})"


def _mapping(value: Mapping[str, Any]) -> str:
    return f"{{{', '.join(f'{words(key)}: {words(part)}' for key, part in value['mapping'])}}}"


WRITTEN: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "dataclass": _record,
    "enum": lambda value: str(value["name"]),
    "tuple": lambda value: f"({', '.join(map(words, value['tuple']))})",
    "mapping": _mapping,
    "array": lambda value: f"array {' × '.join(map(str, value['shape']))}".rstrip(),
    "scalar": lambda value: f"scalar {value['scalar']['dtype']}",
    "float": lambda value: str(value["float"]),
    "bytes": lambda value: f"{len(value['bytes']) // 2} bytes",
}
"""How each kind of object in `weaver.cache.argument_key` is written, by the name of its first part."""
