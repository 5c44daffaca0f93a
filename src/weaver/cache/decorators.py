"""The decorators: from a call to the key of its result, and to the result that is kept."""

import builtins
import inspect
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import update_wrapper
from typing import Any, Concatenate, Generic, ParamSpec, TypeVar

from weaver.cache.argument_key import describe, symbol
from weaver.cache.codec import Codec
from weaver.cache.codec_of_type import member_codec, return_codec
from weaver.cache.project_store import Home, NotKeptError, find_home, keep_in
from weaver.cache.result_store import Shelf, Wanted
from weaver.errors import StoreError

P = ParamSpec("P")
R = TypeVar("R")
M = TypeVar("M")

logger = logging.getLogger("weaver.cache")


def cached(function: Callable[P, R]) -> "Cached[P, R]":
    """Keep the results of a function at the top of a module; its return annotation says how.

    Raises:
        StoreError: the function stands inside another or in a class. When it is called: an argument or the
            result is of a type that cannot be kept, or the store cannot be used.
        FingerprintError: when it is called: its code, or that of a class among its arguments, is not found.
    """
    return Cached(function)


def cached_members(
    function: Callable[Concatenate[Sequence[M], P], Sequence[R]],
) -> "CachedMembers[M, P, R]":
    """Keep the results of a function of several members, an entry each; errors are those of `cached`.

    The function gets the members that are missing, in the order asked, and returns their results in it.
    """
    return CachedMembers(function)


def bypass() -> AbstractContextManager[None]:
    """Within, call every cached function as if it were not."""
    return keep_in(None)


class CachedFunction(ABC, Generic[R]):
    """What the two kinds of functions whose results are kept have in common.

    For several members, values of its first argument, either has a result each; `together` says whether it
    computes several of them better in one call than one by one.
    """

    together: bool
    _keeper: "_Keeper"

    @abstractmethod
    def each(self, members: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[R, ...]:  # noqa: ANN401
        """Return the members' results in the order asked, and compute those that are missing."""

    def find_each(
        self,
        members: Sequence[Any],
        *args: Any,  # noqa: ANN401
        **kwargs: Any,  # noqa: ANN401
    ) -> tuple[Shelf, list[Wanted]]:
        """Return where the members' results are kept, and under which keys.

        Raises:
            NotKeptError: results are not kept here.
        """
        shelf = self._keeper.shelf()
        arguments = self._keeper.bind(members, *args, **kwargs)
        name = next(iter(arguments))
        shared = describe({key: value for key, value in arguments.items() if key != name})
        return shelf, shelf.wanted([shared | describe({name: member}) for member in members])


class Cached(CachedFunction[R], Generic[P, R]):
    """A function whose results are kept; `uncached` is the function itself.

    Called, it returns the kept result, which the first call computes.
    """

    together = False

    def __init__(self, function: Callable[P, R]) -> None:
        self.uncached = function
        self._keeper = _Keeper(function, return_codec)
        update_wrapper(self, function)

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:  # noqa: D102 - see the class
        try:
            shelf, wanted = self._find(*args, **kwargs)
        except NotKeptError as reason:
            _report(reason)
            return self.uncached(*args, **kwargs)

        def compute(_missing: Sequence[str]) -> Sequence[R]:
            return [self._keeper.called(*args, **kwargs)]

        result: R = shelf.fetch([wanted], compute)[0]
        return result

    def key(self, *args: P.args, **kwargs: P.kwargs) -> str:
        """Return the key of the result for these arguments.

        Raises:
            NotKeptError: results are not kept here.
        """
        return self._find(*args, **kwargs)[1].key

    def each(self, members: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[R, ...]:  # noqa: ANN401, D102
        call: Callable[..., R] = self
        return tuple(call(member, *args, **kwargs) for member in members)

    def _find(self, *args: P.args, **kwargs: P.kwargs) -> tuple[Shelf, Wanted]:
        shelf = self._keeper.shelf()
        return shelf, shelf.wanted([describe(self._keeper.bind(*args, **kwargs))])[0]


class CachedMembers(CachedFunction[R], Generic[M, P, R]):
    """A function of several members whose results are kept one by one; `uncached` is the function itself.

    Called, it returns the members' results in the order asked, and computes those that are missing.
    """

    together = True

    def __init__(self, function: Callable[Concatenate[Sequence[M], P], Sequence[R]]) -> None:
        self.uncached = function
        self._keeper = _Keeper(function, member_codec)
        update_wrapper(self, function)

    def __call__(self, members: Sequence[M], *args: P.args, **kwargs: P.kwargs) -> tuple[R, ...]:  # noqa: D102
        try:
            shelf, wanted = self.find_each(members, *args, **kwargs)
        except NotKeptError as reason:
            _report(reason)
            return tuple(self.uncached(members, *args, **kwargs))
        by_key = {each.key: member for each, member in zip(wanted, members, strict=True)}

        def compute(missing: Sequence[str]) -> Sequence[R]:
            found: Sequence[R] = self._keeper.called(tuple(by_key[key] for key in missing), *args, **kwargs)
            return found

        return tuple(shelf.fetch(wanted, compute))

    def keys(self, members: Sequence[M], *args: P.args, **kwargs: P.kwargs) -> tuple[str, ...]:
        """Return the keys of the members' results.

        Raises:
            NotKeptError: results are not kept here.
        """
        return tuple(each.key for each in self.find_each(members, *args, **kwargs)[1])

    def each(self, members: Sequence[Any], *args: Any, **kwargs: Any) -> tuple[R, ...]:  # noqa: ANN401, D102
        call: Callable[..., tuple[R, ...]] = self
        return call(members, *args, **kwargs)


class _Keeper:
    """A function as it was loaded, and its shelf in each home."""

    def __init__(
        self, function: Callable[..., object], make_codec: Callable[[Callable[..., object]], Codec]
    ) -> None:
        in_chunk = function.__module__ == "__main__" and hasattr(builtins, "get_ipython")
        if function.__qualname__ != function.__name__ or in_chunk:
            where = "a chunk" if in_chunk else "a class or a function"
            raise StoreError(
                f"{symbol(function)}: expected a function at the top of a module, found one in {where}: what"
                " it takes from around it could not be part of a key: put it into a module below src/"
            )
        self.function = function
        self.make_codec = make_codec
        self.signature = inspect.signature(function)
        self._shelves: dict[Home, Shelf] = {}

    def shelf(self) -> Shelf:
        """Return the shelf in the home that holds here and now.

        Raises:
            NotKeptError: there is none.
        """
        home = find_home(self.function.__module__)
        if home not in self._shelves:
            codec = self.make_codec(self.function)
            self._shelves[home] = Shelf(self.function, codec, home, self.make_codec is member_codec)
        return self._shelves[home]

    def called(self, *args: object, **kwargs: object) -> Any:  # noqa: ANN401
        """Call the function itself.

        Raises:
            StoreError: it changed an argument, which a kept result would not repeat.
        """
        before = describe(self.bind(*args, **kwargs)).values
        result = self.function(*args, **kwargs)
        after = describe(self.bind(*args, **kwargs)).values
        changed = [name for name in before if before[name] != after[name]]
        if changed:
            raise StoreError(
                f"{symbol(self.function)}: it changes its argument {', '.join(changed)}, which a kept result"
                " would not repeat: change a copy, and return it"
            )
        return result

    def bind(self, *args: object, **kwargs: object) -> Mapping[str, Any]:
        """Name the arguments and fill in the defaults."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return bound.arguments


def _report(reason: NotKeptError) -> None:
    """Say that results are not kept."""
    logger.debug("results are not kept: %s", reason)
