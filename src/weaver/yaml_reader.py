"""YAML as Quarto reads it: the scalars of YAML 1.2, no key twice, and the line on which each key stands.

PyYAML reads YAML 1.1, in which `no` is false, `012` is ten and `1:30` is ninety, and it takes the last of two
equal keys in silence: https://yaml.org/spec/1.2.2/#103-core-schema.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from weaver.errors import DocumentError

Value = Any  # what YAML can hold
SCALARS = {
    "null": "~|null|Null|NULL|",
    "bool": "true|True|TRUE|false|False|FALSE",
    "int": "[-+]?(0b[01][01_]*|0o[0-7][0-7_]*|0x[0-9a-fA-F][0-9a-fA-F_]*|[0-9][0-9_]*)",
    "float": r"[-+]?([0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?|\.[0-9][0-9_]*|\.(inf|Inf|INF))|\.(nan|NaN)",
    "merge": "<<",
}
# What PyYAML says of the two slips that are made most, and what helps.
REMEDIES = {
    "found character that cannot start any token": "YAML is indented by spaces, not by tabs; a text that"
    " begins with '@', '`' or '%' stands between quotation marks",
    "mapping values are not allowed": "a text with ': ' in it stands between quotation marks, and keys of one"
    " level begin in one column",
}
BASED = re.compile(r"[-+]?0[box]")
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # PyYAML may be built without the quicker one


class _Loader(_Base):  # type: ignore[misc]
    yaml_implicit_resolvers: dict[str | None, list[Value]] = {}  # noqa: RUF012 - without those of YAML 1.1

    def mapping(self, node: yaml.MappingNode, *, deep: bool = False) -> dict[Value, Value]:
        """Make a mapping of a node whose keys all differ."""
        seen: set[tuple[str, str]] = set()
        for key, _ in node.value:
            if (one := (key.tag, str(key.value))) in seen:
                problem = f"the key '{key.value}' stands twice: take one of them away"
                raise yaml.MarkedYAMLError(problem=problem, problem_mark=key.start_mark)
            seen.add(one)
        found: dict[Value, Value] = super().construct_mapping(node, deep)
        return found

    construct_mapping = mapping

    def whole_number(self, node: yaml.ScalarNode) -> int:
        """Make a number of a node."""
        text = node.value.replace("_", "")
        return int(text, 0 if BASED.match(text) else 10)


for _kind, _pattern in SCALARS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_kind}", re.compile(f"^(?:{_pattern})$"), [None])
_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.whole_number)


def read_yaml(text: str, file: str, line: int) -> dict[str, Value]:
    """Read YAML that must be a mapping; its first line is `line` of `file`.

    Raises:
        DocumentError: it is not YAML, a key stands twice, or it is not a mapping.
    """
    try:
        value = yaml.load(text, Loader=_Loader)  # noqa: S506 - derived from a safe one
        json.dumps(value)  # what holds itself would be read for ever
    except yaml.MarkedYAMLError as error:
        below = error.problem_mark.line if error.problem_mark else 0
        place = line + min(below, text.count("\n"))  # what is never closed shows behind the end
        problem = error.problem or ""
        remedy = next((f": {what}" for said, what in REMEDIES.items() if problem.startswith(said)), "")
        raise DocumentError(f"invalid YAML: {problem}{remedy}", place=f"{file}:{place}") from None
    except (yaml.YAMLError, ValueError) as error:  # a control character comes without its line
        raise DocumentError(f"invalid YAML: {error}", place=f"{file}:{line}") from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise DocumentError(f"expected 'key: value' lines, found {text.strip()!r}", place=f"{file}:{line}")
    return value


def lines(text: str) -> dict[str, int]:
    """Return how many lines stand above each key of a text that `read_yaml` can read.

    A key comes with those around it, "format.typst.toc"; what stands in a list is left out.
    """
    return dict(_lines(yaml.compose(text, Loader=_Loader), ""))


def _lines(node: yaml.Node | None, around: str) -> Iterator[tuple[str, int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            name = f"{around}{key.value}"
            yield name, key.start_mark.line
            yield from _lines(value, f"{name}.")
