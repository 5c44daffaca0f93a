"""In a warm kernel: digests of values in depth, by which one tells that nothing has changed them.

Two values of one digest cannot be told apart by code that uses them. What cannot be looked into is in doubt,
and a figure is, since drawing changes it: doubt costs a run, never a wrong page. Modules, and functions and
classes from modules, stand for themselves: what they hold is looked into where their modules are.
"""

import copyreg
import hashlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import lru_cache
from types import (
    BuiltinFunctionType,
    CellType,
    CodeType,
    EllipsisType,
    FunctionType,
    GetSetDescriptorType,
    MappingProxyType,
    MemberDescriptorType,
    MethodDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    NoneType,
    NotImplementedType,
    WrapperDescriptorType,
)
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

Handler: TypeAlias = Callable[["_Walk", Any], None]

FIGURES = "matplotlib"
TOOL = "weaver"
MAIN = "__main__"
REDUCERS: Mapping[type, Callable[[object], Any]] = copyreg.dispatch_table
PROTOCOL = 4
LOCKS = frozenset({"lock", "RLock", "Condition", "Event", "Semaphore"})
# What Python writes into a namespace by itself.
OWN = frozenset({"__builtins__", "__warningregistry__", "__cached__", "__spec__", "__loader__", "__doc__"})


class DoubtError(Exception):
    """Nobody can say whether this is as it was."""


@dataclass(frozen=True)
class Moment:
    """A moment in which no code of the chapter runs: what is digested twice is read once.

    `namespace` is where functions that the chapter defines find their global names; `own` says of a module,
    given by its name, whether it belongs to the project. `edits` counts, by module, how many times its
    functions and classes may have come to do something else.
    """

    namespace: Mapping[str, object]
    own: Callable[[str], bool]
    edits: Mapping[str, int] = field(default_factory=dict)
    contents: dict[int, tuple[object, bytes]] = field(default_factory=dict)  # of arrays, by their identity

    def of(self, value: object) -> str:
        """Return the digest of a value and of all that it holds.

        Raises:
            DoubtError: something in it cannot be looked into, or changes by itself.
        """
        walk = _Walk(self)
        try:
            walk.add(value)
        except RecursionError:
            raise DoubtError("nested too deep") from None
        return walk.hash.hexdigest()

    def of_module(self, module: ModuleType) -> str:
        """Return the digest of what a module of the project holds beside modules and its code.

        Raises:
            DoubtError: as `of` does.
        """
        walk = _Walk(self)
        for name, value in sorted(vars(module).items()):
            if name not in OWN and not isinstance(value, ModuleType):
                walk.say(name)
                walk.member(value, module.__name__)
        return walk.hash.hexdigest()

    def content(self, owner: object, read: Callable[[], "Buffer"]) -> bytes:
        """Return the digest of the content of an array, which is its owner."""
        if id(owner) not in self.contents:
            self.contents[id(owner)] = (owner, hashlib.sha256(read()).digest())
        return self.contents[id(owner)][1]


class _Walk:
    def __init__(self, moment: Moment) -> None:
        self.hash = hashlib.sha256()
        self.moment = moment
        self._seen: dict[int, int] = {}
        self._alive: list[object] = []  # an identity holds as long as its object lives

    def say(self, *words: object) -> None:
        """Take in plain words."""
        self.hash.update("\0".join(map(str, words)).encode(errors="surrogatepass") + b"\1")

    def add(self, value: object) -> None:
        """Take in a value and what it holds; one that was met before is named by its number."""
        kind = type(value)
        if kind in ATOMS:
            self.say(kind.__name__, repr(value))
        elif id(value) in self._seen:
            self.say("again", self._seen[id(value)])
        else:
            self._seen[id(value)] = len(self._seen)
            self._alive.append(value)
            self.say(kind.__module__, kind.__qualname__)
            _handler(value)(self, value)

    def all(self, values: Iterable[object]) -> None:
        """Take in values one after the other, and that there are no more."""
        for value in values:
            self.add(value)
        self.say("end")

    def itself(self, value: object) -> None:
        """Take in that this is the same object, and does the same."""
        self.say(getattr(value, "__qualname__", getattr(value, "__name__", "")), id(value))
        self.does(value)

    def does(self, value: object) -> None:
        """Take in the edits of the module that something is of; its class is not asked."""
        self.say(self.moment.edits.get(str(getattr(value, "__module__", "")), 0))

    def member(self, value: object, module: str) -> None:
        """Take in what a module or a class of it has under a name: of its own code, what that holds."""
        if isinstance(value, FunctionType) and value.__module__ == module:
            self.itself(value)
            self.function_state(value)
        elif isinstance(value, type) and value.__module__ == module:
            self.class_of(value, module)
        else:
            self.add(value)

    def class_of(self, value: type, module: str) -> None:
        """Take in a class of a module, with its attributes."""
        self.itself(value)
        if id(value) in self._seen:
            return
        self._seen[id(value)] = len(self._seen)
        for name, attribute in vars(value).items():
            if not (name.startswith(("__", "_abc_")) or isinstance(attribute, Enum)):
                self.say(name)
                self.member(attribute, module)

    def function_state(self, value: FunctionType) -> None:
        """Take in what a function holds beside its code."""
        parts = (value.__defaults__, value.__kwdefaults__, vars(value), value.__closure__)
        if not any(parts):
            return
        self.all(parts[:3])
        self.all(cell.cell_contents for cell in value.__closure__ or () if _is_full(cell))


def _is_full(cell: CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _handler(value: object) -> Handler:
    for kind in type(value).__mro__:
        if kind in HANDLERS and (kind is type(value) or kind in BASES):
            return HANDLERS[kind]
    top = type(value).__module__.partition(".")[0]
    if top == FIGURES:
        settings = getattr(sys.modules.get(FIGURES), "rcParams", None)  # these `process_state` puts back
        return _Walk.itself if value is settings else _doubtful
    if top in {TOOL, "typing"} or (top in {"_thread", "threading"} and type(value).__name__ in LOCKS):
        return _Walk.itself
    return _data(value)


def _data(value: object) -> Handler:
    """Choose among arrays, tensors, and anything else; what made one has imported its package."""
    numpy, torch = sys.modules.get("numpy"), sys.modules.get("torch")
    if numpy and isinstance(value, numpy.ndarray | numpy.generic):
        return _array
    if torch and isinstance(value, getattr(torch, "Tensor", ())):
        return _tensor
    return _other


def _doubtful(_walk: _Walk, value: object) -> None:
    raise DoubtError(f"a {type(value).__name__} cannot be looked into")


def _sequence(walk: _Walk, value: Iterable[object]) -> None:
    walk.all(value)


def _mapping(walk: _Walk, value: Mapping[object, object]) -> None:
    walk.all(part for pair in value.items() for part in pair)


def _bytes(walk: _Walk, value: bytes | bytearray) -> None:
    walk.say(len(value))
    walk.hash.update(value)


def _class(walk: _Walk, value: type) -> None:
    if value.__module__ != MAIN:
        walk.itself(value)
        return
    walk.say(value.__qualname__)
    walk.all(value.__bases__)
    plain = {name: held for name, held in vars(value).items() if name not in {"__dict__", "__weakref__"}}
    walk.all(part for name, held in plain.items() if not name.startswith("_abc_") for part in (name, held))


def _function(walk: _Walk, value: FunctionType) -> None:
    """Take in a function: by itself where it comes from a module, by its code where the chapter has it."""
    walk.say(value.__module__, value.__qualname__)
    if value.__module__ != MAIN:
        walk.itself(value)
        if walk.moment.own(value.__module__) or "<locals>" in value.__qualname__:
            walk.function_state(value)
        return
    walk.add(value.__code__)
    walk.function_state(value)
    for name in sorted(_globals_of(value.__code__)):
        if name in walk.moment.namespace:
            walk.say(name)
            walk.add(walk.moment.namespace[name])


def _globals_of(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _globals_of(constant)


def _code(walk: _Walk, value: CodeType) -> None:
    walk.say(value.co_name, value.co_flags, value.co_argcount, value.co_kwonlyargcount)
    walk.all([value.co_code, value.co_consts, value.co_names, value.co_varnames, value.co_freevars])


def _built_in(walk: _Walk, value: BuiltinFunctionType) -> None:
    walk.say(value.__qualname__)
    if not isinstance(value.__self__, ModuleType | NoneType):
        walk.add(value.__self__)


def _method(walk: _Walk, value: MethodType) -> None:
    walk.all([value.__func__, value.__self__])


def _property(walk: _Walk, value: property) -> None:
    walk.all([value.fget, value.fset, value.fdel])


def _wrapped(walk: _Walk, value: Any) -> None:  # noqa: ANN401 - staticmethod and classmethod
    walk.add(value.__func__)


def _counted(walk: _Walk, value: Any) -> None:  # noqa: ANN401 - its class has no name
    """Take in a function with `lru_cache`: it holds what it was asked for."""
    info = value.cache_info()
    walk.say(id(value), info.misses, info.currsize)
    walk.does(value)


def _member(walk: _Walk, value: Enum) -> None:
    walk.all([type(value), value.name])


def _array(walk: _Walk, value: Any) -> None:  # noqa: ANN401 - numpy is the report's, if it has it
    walk.say(value.dtype.str, value.shape, value.strides, value.flags.writeable)
    if value.dtype.hasobject:
        walk.all(value.ravel().tolist())
    else:
        walk.hash.update(walk.moment.content(value, lambda: _bytes_of(value)))
    if type(value).__module__ != "numpy":
        walk.add(vars(value))


def _bytes_of(array: Any) -> "Buffer":  # noqa: ANN401
    numpy = sys.modules["numpy"]
    found: Buffer = numpy.ascontiguousarray(numpy.asarray(array)).reshape(-1).view(numpy.uint8).data
    return found


def _tensor(walk: _Walk, value: Any) -> None:  # noqa: ANN401 - torch is the report's, if it has it
    if value.grad_fn is not None or value.layout is not sys.modules["torch"].strided or value.is_quantized:
        raise DoubtError("a tensor with a graph, or one that is not dense, cannot be looked into")
    walk.say(value.dtype, value.device, tuple(value.shape), value.stride(), value.requires_grad)
    walk.hash.update(walk.moment.content(value, lambda: _bytes_of_tensor(value)))
    walk.all([value.grad, vars(value)])


def _bytes_of_tensor(tensor: Any) -> "Buffer":  # noqa: ANN401
    flat = tensor.detach().cpu().contiguous().reshape(-1)
    found: Buffer = flat.view(sys.modules["torch"].uint8).numpy().data if flat.numel() else b""
    return found


def _reduce(value: object) -> Any:  # noqa: ANN401 - text, or a tuple
    return value.__reduce_ex__(PROTOCOL)


def _other(walk: _Walk, value: object) -> None:
    """Take in any other object by the parts of which `copy` would make another one."""
    try:
        reducer: Callable[[object], Any] = REDUCERS.get(type(value), _reduce)
        parts = reducer(value)
    except (TypeError, AttributeError, ValueError, NotImplementedError, RuntimeError) as error:
        raise DoubtError(f"a {type(value).__name__} cannot be looked into: {error}") from None
    if isinstance(parts, str):
        walk.itself(value)
        return
    make, arguments, *rest = parts
    state, items, pairs = (*rest, None, None, None)[:3]
    walk.all([make, arguments, state])
    walk.all(items or ())
    walk.all(part for pair in pairs or () for part in pair)


ATOMS = frozenset({NoneType, bool, int, float, complex, str, EllipsisType, NotImplementedType})
DESCRIPTORS = (GetSetDescriptorType, MemberDescriptorType, MethodDescriptorType, WrapperDescriptorType)
BASES: frozenset[type] = frozenset({Enum, type, ModuleType})
HANDLERS: Mapping[type, Handler] = {
    **dict.fromkeys((list, tuple, set, frozenset, deque), _sequence),
    **dict.fromkeys((dict, MappingProxyType), _mapping),
    **dict.fromkeys((bytes, bytearray), _bytes),
    **dict.fromkeys((ModuleType, *DESCRIPTORS), _Walk.itself),
    **dict.fromkeys((staticmethod, classmethod), _wrapped),
    **dict.fromkeys((BuiltinFunctionType, MethodWrapperType), _built_in),
    type(lru_cache(len)): _counted,
    type: _class,
    FunctionType: _function,
    CodeType: _code,
    MethodType: _method,
    property: _property,
    Enum: _member,
}
