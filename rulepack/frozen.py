"""@frozen: frozen dataclasses with slots whose methods are not compiled at import.

`dataclasses.dataclass(frozen=True, slots=True)` writes and compiles six methods for each class, which takes 0.3 ms, and
there are hundreds. Only `__init__` has to be written for a class, and only for one that is used; the rest is shared.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, FrozenInstanceError, dataclass, field, fields
from operator import attrgetter
from reprlib import recursive_repr
from types import MemberDescriptorType
from typing import Any, NoReturn, TypeVar, dataclass_transform, overload

T = TypeVar("T")


@overload
def frozen(cls: type[T], /) -> type[T]: ...
@overload
def frozen(*, eq: bool = True, slots: bool = True, kw_only: bool = False) -> Callable[[type[T]], type[T]]: ...
@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def frozen(
    cls: type[T] | None = None, /, *, eq: bool = True, slots: bool = True, kw_only: bool = False
) -> type[T] | Callable[[type[T]], type[T]]:
    """Make a class a frozen dataclass, as `dataclass(frozen=True, slots=True)` does.

    `slots=False` leaves room for cached properties; `eq=False` compares by identity. `dataclasses.fields`, `replace`
    and all else work with it. Its bases must be frozen like this, too; `InitVar`, `init=False` and ordering are for
    `dataclass`.
    """
    if cls is None:
        return lambda one: _frozen(one, eq=eq, slots=slots, kw_only=kw_only)
    made: type[T] = _frozen(cls, eq=eq, slots=slots, kw_only=kw_only)
    return made


def _frozen(cls: Any, *, eq: bool, slots: bool, kw_only: bool) -> Any:
    own = {name for name, what in vars(cls).items() if what is not None}
    made: Any = dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(cls)
    methods: dict[str, Any] = {
        "__init__": _late_init(made),
        "__repr__": _repr,
        "__setattr__": _no_setting,
        "__delattr__": _no_deleting,
    }
    if slots:
        methods |= {"__getstate__": _state, "__setstate__": _restore}
    if eq:
        methods |= _comparing(tuple(one.name for one in fields(made) if one.compare))
    for name, method in methods.items():
        if name not in own:
            setattr(made, name, method)
    return made


def _late_init(cls: Any) -> Callable[..., None]:
    """An `__init__` that writes the real one when the first value is made."""

    def first_init(self: object, *args: Any, **kwargs: Any) -> None:
        cls.__init__ = _written_init(cls)
        cls.__init__(self, *args, **kwargs)

    return first_init


def _written_init(cls: Any) -> Callable[..., None]:
    """The `__init__` of a class, as `dataclass` would write it."""
    known: dict[str, Any] = {"_missing": MISSING, "_set": object.__setattr__}
    positional, body = ["self"], []
    by_name: list[str] = []
    for one in fields(cls):
        name, given = one.name, one.name
        if one.default_factory is not MISSING:
            known[f"_make_{name}"] = one.default_factory
            given = f"_make_{name}() if {name} is _missing else {name}"
            parameter = f"{name}=_missing"
        elif one.default is not MISSING:
            known[f"_default_{name}"] = one.default
            parameter = f"{name}=_default_{name}"
        else:
            parameter = name
        (by_name if one.kw_only else positional).append(parameter)
        slot = getattr(cls, name, None)
        if isinstance(slot, MemberDescriptorType):
            known[f"_set_{name}"] = slot.__set__
            body.append(f"_set_{name}(self, {given})")
        else:
            body.append(f"_set(self, {name!r}, {given})")
    if hasattr(cls, "__post_init__"):
        body.append("self.__post_init__()")
    parameters = ", ".join([*positional, *(["*", *by_name] if by_name else [])])
    source = f"def __init__({parameters}):\n  " + "\n  ".join(body or ["pass"])
    exec(source, known)  # noqa: S102 (as dataclass does; of names that Python has accepted as such)
    init: Callable[..., None] = known["__init__"]
    init.__qualname__ = f"{cls.__qualname__}.__init__"
    return init


def _comparing(names: tuple[str, ...]) -> dict[str, Any]:
    """`__eq__` and `__hash__` by the values of some fields."""
    get = _getter(names)

    def equal(self: object, other: object) -> Any:
        return get(self) == get(other) if other.__class__ is self.__class__ else NotImplemented

    return {"__eq__": equal, "__hash__": lambda self: hash(get(self))}


def _getter(names: tuple[str, ...]) -> Callable[[Any], tuple[Any, ...]]:
    if not names:
        return lambda _: ()
    get = attrgetter(*names)
    # A tuple in any case: in tuples, a NaN is equal to itself.
    return get if len(names) > 1 else lambda self: (get(self),)


@recursive_repr("...")
def _repr(self: Any) -> str:
    shown = ", ".join(f"{one.name}={getattr(self, one.name)!r}" for one in fields(self) if one.repr)
    return f"{type(self).__qualname__}({shown})"


def _no_setting(_: object, name: str, __: object) -> NoReturn:
    raise FrozenInstanceError(f"cannot assign to field {name!r}")


def _no_deleting(_: object, name: str) -> NoReturn:
    raise FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:
    """What pickle and copy take of a value."""
    return [getattr(self, one.name) for one in fields(self)]


def _restore(self: Any, state: list[object]) -> None:
    for one, item in zip(fields(self), state, strict=True):
        object.__setattr__(self, one.name, item)
