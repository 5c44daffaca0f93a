"""What executing a chapter gives, as a record that can be kept as JSON."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from weaver.dependencies.counted_code import CountedCode
from weaver.dependencies.inputs import CODE, KIND

Output = Mapping[str, Any]
TEXTS = ("values", "used", "packages")
NO_CODE = CountedCode({}, ())


@dataclass(frozen=True)
class Execution:
    """What a chapter's kernel gave, in the order of the chapter.

    `outputs` has a list for each chunk, in nbformat's form; `values` a piece of Markdown for each inline
    expression; `opened` the inputs that were observed, as `weaver.dependencies.inputs` names them, with their
    digests; `used` the keys of the kept results behind it; `packages` the names of those that were loaded,
    which a kernel may load ahead of the next run; `unobserved` says in words what could not be seen, for
    which reason the execution is not kept; `code` is that of all modules that count, `elsewhere` the SHA-256
    of those files of code that do not lie in `src`, `path` the folders that the chapter searches for more.
    """

    outputs: tuple[tuple[Output, ...], ...]
    values: tuple[str, ...]
    opened: Mapping[str, str | None]
    used: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    unobserved: tuple[str, ...] = ()
    code: CountedCode = NO_CODE
    elsewhere: Mapping[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        outputs: Iterable[tuple[Output, ...]],
        values: Iterable[str],
        observed: Mapping[str, Any],
        packages: Iterable[str],
    ) -> "Execution":
        """Return what chunks and expressions gave, with what the kernel has `observed` and loaded."""
        used, unobserved = tuple(observed["used"]), tuple(observed["unobserved"])
        code, elsewhere = CountedCode.from_json(observed["code"]), observed["elsewhere"]
        opened, loaded = observed["opened"], tuple(packages)
        path = tuple(observed["path"])
        return cls(tuple(outputs), tuple(values), opened, used, loaded, unobserved, code, elsewhere, path)

    @property
    def in_files(self) -> dict[str, str | None]:
        """The inputs as files and what is asked about them; of modules, where they are or would be."""
        found = {name: one for name, one in self.opened.items() if not name.startswith(CODE)}
        code = {name.removeprefix(CODE): one for name, one in self.opened.items() if name.startswith(CODE)}
        absent = [name for name, one in code.items() if one is None and "." not in name]
        places = [place for name in absent for place in (f"{name}.py", name)]
        return {**found, **self.elsewhere, **{f"{KIND}{place}": None for place in places}}

    def to_json(self) -> dict[str, Any]:
        """Return the record in JSON's types."""
        return {
            "outputs": [list(outputs) for outputs in self.outputs],
            "values": list(self.values),
            "opened": dict(self.opened),
            "used": list(self.used),
            "packages": list(self.packages),
            "code": self.code.to_json(),
            "elsewhere": dict(self.elsewhere),
        }

    @classmethod
    def from_json(cls, record: Mapping[str, Any]) -> "Execution":
        """Read what `to_json` returned.

        Raises:
            ValueError: the record is not of its types.
        """
        if not _is_execution(record):
            raise ValueError(f"expected an execution's outputs, values and files, found {', '.join(record)}")
        outputs = tuple(tuple(outputs) for outputs in record["outputs"])
        texts = {part: tuple(record[part]) for part in TEXTS}
        try:
            code = CountedCode.from_json(record["code"])
        except (AttributeError, KeyError, TypeError) as error:
            raise ValueError(f"expected the code of an execution, found {error}") from None
        elsewhere = dict(record["elsewhere"])
        return cls(outputs, opened=dict(record["opened"]), **texts, code=code, elsewhere=elsewhere)


def _is_execution(record: Mapping[str, Any]) -> bool:
    outputs, opened = record.get("outputs"), record.get("opened")
    return (
        isinstance(outputs, list)
        and all(isinstance(chunk, list) and all(isinstance(one, dict) for one in chunk) for chunk in outputs)
        and all(
            isinstance(texts, list) and all(isinstance(one, str) for one in texts)
            for texts in map(record.get, TEXTS)
        )
        and isinstance(opened, dict)
        and isinstance(record.get("elsewhere"), dict)
        and all(digest is None or isinstance(digest, str) for digest in opened.values())
    )
