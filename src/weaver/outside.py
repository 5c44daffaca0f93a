"""What is known of code outside the project: which leaves no trace, and which sees more than it is given.

Names are full and dotted, `builtins.` before those that need no import; a name covers what is below it. Where
nothing is known the analysis expects the worst, so a name that is missing costs a re-run at most.
"""

import builtins
import sys

TOOL = "weaver"  # makes the report and is no input of it


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _names(prefix: str, words: str) -> frozenset[str]:
    return frozenset(f"{prefix}.{word}" for word in words.split())


BUILTINS = frozenset(vars(builtins))

REACHES_EVERYTHING = (
    _names("builtins", "exec eval __import__ get_ipython __builtins__ __loader__ __spec__ __path__")
    | _names("importlib", "import_module reload __import__ util machinery abc _bootstrap")
    | _names("importlib.metadata", "entry_points distribution distributions")
    | _names("sys", "modules meta_path path_hooks settrace setprofile _getframe")
    | _names("subprocess", "run Popen call check_call check_output getoutput getstatusoutput")
    | _names("os", "system popen execv execve execvp spawnl spawnv posix_spawn")
    | _names("torch", "load package hub")
    | {".__subclasses__", ".__globals__", ".__builtins__"}
    | {"pkgutil", "runpy", "gc", "code", "codeop", "pickle", "shelve", "dill", "cloudpickle", "joblib"}
    | {"unittest.mock", "ctypes", "IPython.get_ipython", "asyncio.create_subprocess_exec"}
)
"""What may run or change code of the project that nobody names."""

REACHES_OWN_MODULE = frozenset({"builtins.globals"})

READS_SOURCE = (
    _names("builtins", "__doc__ __annotations__")
    | _names("typing", "get_type_hints get_overloads")
    | _names("typing_extensions", "get_type_hints get_annotations")
    | {".__doc__", ".__annotations__", ".__code__"}
    | {"inspect", "linecache", "annotationlib", "pydoc", "doctest", "torch.jit", "torch.fx", "dis"}
)
"""What may read docstrings, annotations, or the text of the code."""

READS_FIELD_TYPES = frozenset({"dataclasses.fields", ".__dataclass_fields__"})

READS_NO_ANNOTATION = (
    _names("builtins", "property staticmethod classmethod")
    | _names("functools", "cache lru_cache cached_property wraps total_ordering singledispatch")
    | _names("contextlib", "contextmanager asynccontextmanager")
    | _names("abc", "abstractmethod abstractproperty")
    | _names("enum", "unique verify member nonmember")
    | _names("typing", "overload final override runtime_checkable no_type_check")
    | _names("torch", "no_grad inference_mode enable_grad")
    | {"dataclasses.dataclass", TOOL}
)
"""Decorators that leave no trace either; those of the tool read the type of the result alone."""

INERT = (
    READS_NO_ANNOTATION
    | _names(
        "builtins", "abs all any ascii bin bool bytearray bytes callable chr complex dict divmod enumerate"
    )
    | _names("builtins", "float format frozenset hash hex id int isinstance issubclass iter len list max min")
    | _names("builtins", "object oct ord pow range repr reversed round set slice sorted str sum tuple zip")
    | _names("builtins", "ValueError TypeError KeyError RuntimeError IndexError NotImplementedError OSError")
    | _names("functools", "partial")
    | {"dataclasses.field"}
    | _names("types", "MappingProxyType SimpleNamespace GenericAlias")
    | _names("typing", "TypeVar ParamSpec TypeVarTuple NewType NamedTuple TypedDict cast Annotated")
    | _names("collections", "namedtuple OrderedDict Counter ChainMap deque")
    | _names("pathlib", "Path PurePath PosixPath PurePosixPath")
    | _names("os", "environ.get getenv path cpu_count fspath getcwd")
    | _names("logging", "getLogger")
    | _names("datetime", "date datetime time timedelta timezone")
    | _names("re", "compile escape")
    | _names("contextvars", "ContextVar")
    | _names("threading", "Lock RLock Event local")
    | {
        "math",
        "cmath",
        "operator",
        "itertools",
        "string",
        "textwrap",
        "fractions",
        "decimal",
        "struct",
        "enum",
    }
    | {"statistics", "hashlib", "logging.Formatter", "json.dumps", "json.loads"}
    | _names("numpy", "arange array asarray linspace logspace geomspace zeros ones full empty eye identity")
    | _names("numpy", "dtype float32 float64 int32 int64 uint8 finfo iinfo exp log log10 sqrt concatenate")
    | _names("torch", "tensor arange linspace logspace zeros ones full device finfo Size")
)
"""What can be called while a module is imported without a trace but its value."""

CALLS_ARGUMENTS = frozenset({"builtins.iter", "itertools"})
"""Those of them that may call what they are given, other than as `key`."""

IMMUTABLE = _names(
    "builtins", "bool bytes complex float frozenset int object range str tuple len sum min max abs round"
) | {
    "pathlib",
    "typing",
    "datetime",
    "math",
    "operator",
    "re",
    "enum",
    "fractions",
    "decimal",
    "dataclasses.field",
}
"""Those of them whose values nobody can change."""

LASTING_METHODS = _words("mkdir write write_text write_bytes unlink touch rename replace rmdir chmod open")
"""Methods of otherwise inert values that change files."""

INERT_BASES = ("torch.nn", "torch.autograd.Function", "torch.optim.Optimizer", "torch.utils.data")
HARMLESS_METACLASSES = frozenset({"abc.ABCMeta", "enum.EnumMeta", "enum.EnumType"})


def covers(names: frozenset[str], dotted: str) -> bool:
    """Whether one of `names` is `dotted` or stands above it."""
    while dotted not in names:
        dotted, dot, _ = dotted.rpartition(".")
        if not dot:
            return False
    return True


def is_inert_base(dotted: str) -> bool:
    """Whether a class may inherit from this without running code of anyone's."""
    top = dotted.partition(".")[0]
    return is_standard(top) or dotted.startswith(INERT_BASES)


def is_standard(top: str) -> bool:
    """Whether a top-level module comes with Python."""
    return top in sys.stdlib_module_names or top == "builtins"
