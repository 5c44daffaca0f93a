"""Which names of its module a statement uses, by Python's rules of scope.

A chain is a name with the attributes taken from it, `("training", "fit")`. Where the rules depend on the
course of the program (class bodies, names that a function imports), a name counts as the module's as well:
it costs a dependency too many, never one too few.
"""

import ast
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from weaver.normal_form import Import, children, descendants, evaluates

Chain: TypeAlias = tuple[str, ...]
Kind: TypeAlias = Literal["module", "class", "function", "comprehension"]

ANY = "*"  # in place of an attribute whose name is computed
OWN_NAMESPACE: Chain = ("globals",)  # what vars(), dir() and locals() without arguments may give
NAMESPACES = ("vars", "dir", "locals")

CHANGING_METHODS = frozenset(
    {"add", "append", "appendleft", "clear", "discard", "extend", "extendleft", "insert", "pop", "popitem"}
    | {
        "popleft",
        "register",
        "remove",
        "reverse",
        "setdefault",
        "sort",
        "update",
        "__setitem__",
        "__delitem__",
    }
)
TELLING_ATTRIBUTES = frozenset(
    {"__subclasses__", "__globals__", "__builtins__", "__doc__", "__annotations__", "__code__"}
    | {"__dataclass_fields__"}
)
"""Attributes that tell more of the code than the names that lead to them; `("." + name,)` is their chain."""


@dataclass(slots=True)
class Uses:
    """The chains that a statement uses and the names it binds, both in its module's scope."""

    now: set[Chain] = field(default_factory=set)  # when the statement is executed
    later: set[Chain] = field(default_factory=set)  # when a function defined in it is called
    mentioned: set[Chain] = field(
        default_factory=set
    )  # those of `now` that are not just called or inherited from
    changed: set[Chain] = field(default_factory=set)  # assigned to, deleted, or changed in place
    binds: set[str] = field(default_factory=set)
    imports_now: list[Import] = field(default_factory=list)
    imports_later: list[Import] = field(default_factory=list)
    named_imports: set[str] = field(default_factory=set)  # of import_module("…"); the module is its chain
    rebinds_globals: bool = False

    @property
    def all(self) -> set[Chain]:
        """The chains used at any time."""
        return self.now | self.later


def uses(statement: ast.stmt, importers: Collection[Chain] = ()) -> Uses:
    """Find what a statement of a module uses and binds; `importers` stand for importlib's import_module."""
    return _Reader(importers).read(statement)


def chain(node: ast.expr | None) -> Chain | None:
    """Return the chain that an expression is, None if it is something else."""
    attributes: list[str] = []
    while isinstance(node, ast.Attribute):
        attributes.append(node.attr)
        node = node.value
    return (node.id, *reversed(attributes)) if isinstance(node, ast.Name) else None


def annotation_chains(annotation: ast.expr) -> Iterator[Chain]:
    """Give out the chains in an annotation, also those within quotation marks."""
    for node in descendants(annotation):
        if isinstance(node, ast.Name | ast.Attribute) and (found := chain(node)):
            yield found
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                yield from annotation_chains(ast.parse(node.value.strip(), mode="eval").body)
            except SyntaxError:
                continue  # a text, not a type


def _owner(node: ast.expr) -> Chain | None:
    """Return the chain up to the first subscript of what `node` is a part of: `X.y` for `X.y[0].z`."""
    path: list[str] = []
    while isinstance(node, ast.Attribute | ast.Subscript):
        path = [node.attr, *path] if isinstance(node, ast.Attribute) else []
        node = node.value
    return (node.id, *path) if isinstance(node, ast.Name) else None


class _Scope:
    __slots__ = (
        *("aliases", "bound", "called", "changed", "declared_global", "imported", "invoked", "kind"),
        *("parent", "pending", "used"),
    )

    def __init__(self, kind: Kind, parent: "_Scope | None" = None) -> None:
        self.kind = kind
        self.parent = parent
        self.called: bool = kind == "function" or (parent is not None and parent.called)
        self.bound: set[str] = set()
        self.imported: set[str] = set()
        self.declared_global: set[str] = set()
        self.pending: list[ast.AST] = []  # to be read
        self.used: set[Chain] = set()
        self.invoked: set[Chain] = set()
        self.changed: set[Chain] = set()
        self.aliases: dict[str, list[Chain]] = {}

    def is_global(self, name: str) -> bool:
        """Whether a name may stand for the module's when it is used here."""
        scope: _Scope | None = self
        while scope is not None and scope.kind != "module":
            if name in scope.declared_global or name in scope.imported:
                return True
            if scope.kind != "class" and name in scope.bound:
                return False
            scope = scope.parent
        return True

    def binder(self) -> "_Scope":
        """Return the scope in which `:=` binds."""
        scope = self
        while scope.kind == "comprehension" and scope.parent is not None:
            scope = scope.parent
        return scope


class _Reader:
    """Walks a statement without recursion, so that no depth of nesting is too deep."""

    def __init__(self, importers: Collection[Chain]) -> None:
        self._importers = importers
        self._uses = Uses()
        self._module = _Scope("module")
        self._scopes = [self._module]

    def read(self, statement: ast.stmt) -> Uses:
        self._module.pending.append(statement)
        for scope in self._scopes:  # grows as scopes are found
            pending = scope.pending
            while pending:
                node = pending.pop()
                handler = HANDLERS.get(node.__class__)
                if handler is not None:
                    handler(self, node, scope)
                else:
                    pending += children(node)
        for scope in self._scopes:
            self._settle(scope)
        self._uses.binds |= self._module.bound
        return self._uses

    def _settle(self, scope: _Scope) -> None:
        target = self._uses.later if scope.called else self._uses.now
        used = {found for found in scope.used if scope.is_global(found[0])}
        target |= used
        target.update(found for found in scope.invoked if scope.is_global(found[0]))
        if not scope.called:
            self._uses.mentioned |= used
        for found in scope.changed:
            if scope.is_global(found[0]):
                self._uses.changed.add(found)
            aliased = scope.aliases.get(found[0], ())
            self._uses.changed.update((*one, *found[1:]) for one in aliased if scope.is_global(one[0]))
        if scope.declared_global & (scope.bound | scope.imported) and scope.kind != "module":
            self._uses.rebinds_globals = True

    def _invoke(self, node: ast.expr, found: Chain | None, scope: _Scope) -> None:
        """Read an expression, and the chain that it is, that is called or inherited from."""
        if found is None or not TELLING_ATTRIBUTES.isdisjoint(found):
            scope.pending.append(node)
        else:
            scope.invoked.add(found)

    def _new(self, kind: Kind, parent: _Scope) -> _Scope:
        scope = _Scope(kind, parent)
        self._scopes.append(scope)
        return scope

    def _name(self, node: ast.Name, scope: _Scope) -> None:
        if isinstance(node.ctx, ast.Load):
            scope.used.add((node.id,))
        else:
            scope.bound.add(node.id)

    def _attribute(self, node: ast.Attribute, scope: _Scope) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(_owner(node), scope)
        found = chain(node)
        if found is None:
            scope.pending.append(node.value)
        else:
            scope.used.add(found)
        if not TELLING_ATTRIBUTES.isdisjoint(found or (node.attr,)):
            scope.used |= {(f".{name}",) for name in TELLING_ATTRIBUTES.intersection(found or (node.attr,))}

    def _subscript(self, node: ast.Subscript, scope: _Scope) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._change(_owner(node.value), scope)
        scope.pending += (node.value, node.slice)

    def _constant(self, node: ast.Constant, scope: _Scope) -> None:
        if isinstance(node.value, str) and node.value in TELLING_ATTRIBUTES:
            scope.used.add((f".{node.value}",))  # for getattr

    def _change(self, owner: Chain | None, scope: _Scope) -> None:
        if owner is not None:
            scope.changed.add(owner)

    def _call(self, node: ast.Call, scope: _Scope) -> None:
        function = chain(node.func)
        if function is not None and function[-1] in ("setattr", "delattr") and node.args:
            self._attribute_setter(node.args, scope)
        if isinstance(node.func, ast.Attribute) and node.func.attr in CHANGING_METHODS:
            self._change(_owner(node.func.value), scope)
        if function is not None and function[0] in NAMESPACES and not node.args:
            scope.used.add(OWN_NAMESPACE)
        imported = _imported_by_name(node) if function in self._importers else None
        if imported is None:
            self._invoke(node.func, function, scope)
        else:
            self._uses.named_imports.add(imported)
            scope.used.add((imported,))
        scope.pending += (*node.args, *node.keywords)

    def _attribute_setter(self, arguments: list[ast.expr], scope: _Scope) -> None:
        owner = _owner(arguments[0])
        name = arguments[1] if len(arguments) > 1 else None
        constant = isinstance(name, ast.Constant) and isinstance(name.value, str)
        attribute = name.value if constant and isinstance(name, ast.Constant) else ANY
        self._change(None if owner is None else (*owner, str(attribute)), scope)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, scope: _Scope) -> None:
        scope.bound.add(node.name)
        for decorator in node.decorator_list:
            self._invoke(decorator, chain(decorator), scope)
        scope.pending += [node.returns] if node.returns is not None else []
        inner = self._parameters(node.args, scope)
        inner.pending += (*getattr(node, "type_params", ()), *node.body)

    def _lambda(self, node: ast.Lambda, scope: _Scope) -> None:
        self._parameters(node.args, scope).pending.append(node.body)

    def _parameters(self, arguments: ast.arguments, scope: _Scope) -> _Scope:
        inner = self._new("function", scope)
        every = (
            *arguments.posonlyargs,
            *arguments.args,
            arguments.vararg,
            *arguments.kwonlyargs,
            arguments.kwarg,
        )
        named = [argument for argument in every if argument is not None]
        inner.bound.update(argument.arg for argument in named)
        scope.pending += (argument.annotation for argument in named if argument.annotation is not None)
        scope.pending += (*arguments.defaults, *filter(None, arguments.kw_defaults))
        return inner

    def _class(self, node: ast.ClassDef, scope: _Scope) -> None:
        scope.bound.add(node.name)
        for applied in (*node.decorator_list, *node.bases):
            self._invoke(applied, chain(applied), scope)
        scope.pending += node.keywords
        self._new("class", scope).pending += (*getattr(node, "type_params", ()), *node.body)

    def _type_parameter(self, node: Any, scope: _Scope) -> None:  # noqa: ANN401 - Python 3.12
        scope.bound.add(node.name)
        scope.pending += children(node)

    def _comprehension(self, node: Any, scope: _Scope) -> None:  # noqa: ANN401 - four classes
        inner = self._new("comprehension", scope)
        first, *others = node.generators
        scope.pending.append(first.iter)
        inner.pending += (first.target, *first.ifs, *others)
        parts = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        inner.pending += parts

    def _walrus(self, node: ast.NamedExpr, scope: _Scope) -> None:
        scope.binder().bound.add(node.target.id)
        scope.pending.append(node.value)

    def _global(self, node: ast.Global, scope: _Scope) -> None:
        scope.declared_global.update(node.names)

    def _nonlocal(self, node: ast.Nonlocal, scope: _Scope) -> None:
        scope.bound.update(node.names)

    def _import(self, node: Import, scope: _Scope) -> None:
        (self._uses.imports_later if scope.called else self._uses.imports_now).append(node)
        names = {bound_name(alias, node) for alias in node.names}
        (scope.bound if scope.kind == "module" else scope.imported).update(names)

    def _handler(self, node: ast.ExceptHandler, scope: _Scope) -> None:
        if node.name is not None:
            scope.bound.add(node.name)
        scope.pending += children(node)

    def _capture(self, node: ast.MatchAs | ast.MatchStar, scope: _Scope) -> None:
        if node.name is not None:
            scope.bound.add(node.name)
        scope.pending += children(node)

    def _mapping_pattern(self, node: ast.MatchMapping, scope: _Scope) -> None:
        if node.rest is not None:
            scope.bound.add(node.rest)
        scope.pending += children(node)

    def _annotated(self, node: ast.AnnAssign, scope: _Scope) -> None:
        scope.pending += (node.target, node.value) if node.value is not None else (node.target,)
        if evaluates(node.annotation):
            scope.pending.append(node.annotation)

    def _assignment(self, node: ast.Assign, scope: _Scope) -> None:
        self._alias(node.targets, [node.value], scope)
        scope.pending += children(node)

    def _loop(self, node: ast.For, scope: _Scope) -> None:
        items = node.iter.elts if isinstance(node.iter, ast.Tuple | ast.List | ast.Set) else []
        self._alias([node.target], items, scope)
        scope.pending += children(node)

    def _alias(self, targets: list[ast.expr], values: list[ast.expr], scope: _Scope) -> None:
        """Remember that a local name is another name for something, in case it is changed through it."""
        found = [one for one in map(chain, values) if one is not None]
        for target in targets:
            if found and isinstance(target, ast.Name):
                scope.aliases.setdefault(target.id, []).extend(found)


def bound_name(alias: ast.alias, node: Import) -> str:
    """Return the name that an import binds."""
    if alias.asname is not None:
        return alias.asname
    return alias.name.partition(".")[0] if isinstance(node, ast.Import) else alias.name


def _imported_by_name(node: ast.Call) -> str | None:
    """Return the module that `import_module("…")` names, with its leading dots; None if that is computed."""
    name, *package = (*node.args, *node.keywords) or (None,)
    if not (isinstance(name, ast.Constant) and isinstance(name.value, str)):
        return None
    if any(not isinstance(part, ast.expr) or chain(part) != ("__package__",) for part in package):
        return None
    return f"import {name.value}"  # with a space, so it is nobody's name


HANDLERS: dict[type, Callable[[_Reader, Any, _Scope], None]] = {
    ast.Name: _Reader._name,
    ast.Attribute: _Reader._attribute,
    ast.Subscript: _Reader._subscript,
    ast.Constant: _Reader._constant,
    ast.Call: _Reader._call,
    ast.FunctionDef: _Reader._function,
    ast.AsyncFunctionDef: _Reader._function,
    ast.Lambda: _Reader._lambda,
    ast.ClassDef: _Reader._class,
    ast.ListComp: _Reader._comprehension,
    ast.SetComp: _Reader._comprehension,
    ast.DictComp: _Reader._comprehension,
    ast.GeneratorExp: _Reader._comprehension,
    ast.NamedExpr: _Reader._walrus,
    ast.Global: _Reader._global,
    ast.Nonlocal: _Reader._nonlocal,
    ast.Import: _Reader._import,
    ast.ImportFrom: _Reader._import,
    ast.ExceptHandler: _Reader._handler,
    ast.MatchAs: _Reader._capture,
    ast.MatchStar: _Reader._capture,
    ast.MatchMapping: _Reader._mapping_pattern,
    ast.AnnAssign: _Reader._annotated,
    ast.Assign: _Reader._assignment,
    ast.For: _Reader._loop,
    **{
        getattr(ast, name): _Reader._type_parameter
        for name in ("TypeVar", "ParamSpec", "TypeVarTuple")
        if hasattr(ast, name)
    },
}
