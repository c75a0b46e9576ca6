"""How much a template may do for one page: whatever it does comes to an end, in memory that there is.

Everything is counted, nothing timed, so that the same page fails or not on every machine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterable, Iterator, Sized
from functools import wraps
from inspect import CO_VARARGS, CO_VARKEYWORDS
from itertools import islice
from types import BuiltinMethodType
from typing import Any, cast

from jinja2 import TemplateRuntimeError, Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext

# A page of ten thousand rules takes some hundred thousand steps and one million characters.
MOST_STEPS = 1_000_000
MOST_CHARACTERS = 32_000_000
# No width, count or number of digits is as big as that.
_MOST_WIDE = 10_000
_MOST_BITS = 10_000
_SMALL = 1000
_MORE = CO_VARARGS | CO_VARKEYWORDS
_SHORT = 200
# A call takes as long as some turns of a loop.
_CALL = 4
_CHUNK = 1000
_WIDE = re.compile(r"\d{5,}|%[^a-zA-Z%]*\*")
_NESTED = re.compile(r"\{[^{}]*\{")
# What makes a text of whatever it is given, however deep that is.
_TEXTUAL = frozenset(("string", "join", "tojson", "pprint", "format", "escape", "e", "forceescape", "urlencode", "sum"))
# The filters whose numbers are widths and counts.
_COUNTING = frozenset(("batch", "center", "indent", "round", "slice", "tojson", "wordwrap"))
# Used in each row of a list, where most values are short.
_SHORT_OFTEN = frozenset(("join", "urlencode"))
_FEW = 100
_OF_TEXTS = frozenset(("format", "indent", "replace", "wordwrap"))
# How Jinja's tree of a template names what is done to a value on its way: nobody can write that in a template.
_LOOP, _WITHIN, _TOGETHER = "loop over", "look within", "put together"


class TooMuchError(TemplateRuntimeError):
    """A template does more for a page than any page needs."""


class Bounds:
    """What is left of the steps and characters for the page that is being made."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin a page."""
        self.steps = MOST_STEPS
        self.characters = MOST_CHARACTERS

    def take(self, steps: int) -> None:
        """Take steps; raises TooMuchError when there are no more."""
        self.steps -= steps
        if self.steps < 0:
            raise TooMuchError(f"the template takes more than {MOST_STEPS:,} steps for one page")

    def write(self, characters: int) -> None:
        """Take characters of the page."""
        self.characters -= characters
        if self.characters < 0:
            raise _too_long()

    def shown(self, value: Any) -> Any:
        """A value that is written to the page."""
        if type(value) is str:
            # The others are counted when they are put together.
            if len(value) > _SHORT:
                self.write(len(value))
        elif isinstance(value, (list, tuple, dict, set, frozenset)):
            self.write(self.weigh(value))
        return value

    def concat(self, parts: Iterable[str]) -> str:
        """The parts of a page, or of a macro, together."""
        if isinstance(parts, list):
            if sum(map(len, parts)) > MOST_CHARACTERS:
                raise _too_long()
            return "".join(parts)
        every = iter(parts)
        texts: list[str] = []
        length = 0
        while chunk := list(islice(every, _CHUNK)):
            length += sum(map(len, chunk))
            if length > MOST_CHARACTERS:
                if isinstance(parts, Generator):
                    # So that the error comes from the template's own line.
                    parts.throw(_too_long())
                raise _too_long()
            texts += chunk
        return "".join(texts)

    def looped(self, iterable: Any) -> Any:
        """What a loop goes over."""
        if _has_size(iterable):
            self.take(1 + len(iterable))
            return iterable
        # Whatever cannot be gone over fails as it would.
        return self._counted(iter(iterable))

    def _counted(self, iterator: Iterator[Any]) -> Iterator[Any]:
        for one in iterator:
            self.take(1)
            yield one

    def within(self, value: Any) -> Any:
        """What something is looked for in."""
        if _has_size(value):
            self.take(len(value) // 16)
        return value

    def weigh(self, value: Any) -> int:
        """About how many characters a value has as text, which can be a list of lists of lists; takes steps for it."""
        length = 0
        waiting = [value]
        while waiting:
            one = waiting.pop()
            if isinstance(one, str):
                length += len(one)
            elif isinstance(one, (list, tuple, set, frozenset)):
                waiting += one
            elif isinstance(one, dict):
                waiting += (*one, *one.values())
            self.take(1)
            length += 1
            if length > MOST_CHARACTERS:
                self.write(length)
        return length

    def made(self, value: Any) -> Any:
        """A value that an operation gave: a text or a list, and none too long."""
        if isinstance(value, (str, list, tuple)) and len(value) > _SMALL:
            self.take(len(value) if not isinstance(value, str) else len(value) // 100)
            if len(value) > MOST_CHARACTERS:
                self.write(len(value))
        return value

    def operate(self, operator: str, left: Any, right: Any) -> None:
        """Refuse an operation whose result would be too big."""
        if operator == "*":
            for many, one in ((left, right), (right, left)):
                if isinstance(one, int) and isinstance(many, (str, list, tuple)):
                    self._product(len(many), one)
                elif isinstance(one, int) and isinstance(many, int):
                    self._number(many.bit_length() + one.bit_length())
        elif operator == "**" and isinstance(left, int) and isinstance(right, int):
            self._number(left.bit_length() * abs(right))
        elif operator == "%" and isinstance(left, str):
            self._format(left, right)

    def _product(self, length: int, times: int) -> None:
        if length * times > MOST_CHARACTERS:
            raise TooMuchError(f"a text or list of {length} times {times} is too long")

    def _number(self, bits: int) -> None:
        if bits > _MOST_BITS:
            raise TooMuchError("the number is too big")

    def _format(self, form: str, values: Any) -> None:
        if _WIDE.search(form):
            raise TooMuchError("the width in the format is too big")
        self.made(form)
        self.write(self.weigh(values) * max(1, form.count("%")))

    def called(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Take the steps of a call, and refuse what would make too much of it."""
        self.take(_CALL)
        if type(function) is BuiltinMethodType:
            self._method(function, args, kwargs)
        elif type(function) is LoopContext and args:
            self.take(len(args[0]) if _has_size(args[0]) else 1000)

    def _method(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """A method of a plain value."""
        for one in (*args, *kwargs.values()):
            if isinstance(one, int) and abs(one) > _MOST_WIDE:
                raise TooMuchError(f"{one} is too much for {function.__name__}")
        itself = function.__self__
        if not isinstance(itself, str):
            return
        self.take(len(itself) // 100)
        if function.__name__ == "replace":
            self._replaced(itself, *args[:2])
        elif function.__name__ == "join":
            self._joined(args[0] if args else (), itself)
        elif function.__name__ == "expandtabs":
            self._product(itself.count("\t") + 1, max([1, *args, *kwargs.values()]))
        elif function.__name__ in ("format", "format_map"):
            self.formatted(itself, args, kwargs)

    def formatted(self, form: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        """Refuse a text that is made by a form with too big a width."""
        values = [*args, *kwargs.values(), *(each for one in args if isinstance(one, dict) for each in one.values())]
        big = [one for one in values if isinstance(one, int) and abs(one) > _MOST_WIDE]
        if _WIDE.search(form) or (big and _NESTED.search(form)):
            raise TooMuchError("the width in the format is too big")
        self.write(self.weigh(values) * max(1, form.count("{")))

    def _replaced(self, value: str, old: Any = "", new: Any = "") -> None:
        if isinstance(old, str) and isinstance(new, str):
            self._product(len(new), value.count(old))

    def _joined(self, values: Any, between: str) -> None:
        if isinstance(values, (list, tuple)):
            self._product(len(between) + 1, len(values))
            self.write(self.weigh(values))

    def filtered(self, name: str, value: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Take the steps of a filter, and refuse what would make too much; gives the value for it."""
        if isinstance(value, str):
            self.take(len(value) // 100)
        elif _has_size(value):
            self.take(len(value))
        elif name == "join" and not isinstance(value, Undefined):
            value = list(self._counted(iter(value)))
        if name in _TEXTUAL and isinstance(value, (list, tuple, dict, set, frozenset)):
            self.weigh(value)
        every = (*args, *kwargs.values())
        if name in _COUNTING and any(isinstance(one, int) and abs(one) > _MOST_WIDE for one in every):
            raise TooMuchError(f"the number is too big for {name}")
        if name == "join":
            self._joined(value, str(args[0]) if args else str(kwargs.get("d", "")))
        elif name in _OF_TEXTS:
            self._of_text(name, str(value), every)
        return value

    def _of_text(self, name: str, text: str, every: tuple[Any, ...]) -> None:
        """A filter that makes another text of one."""
        if name == "format":
            self._format(text, every)
        elif name == "replace":
            self._replaced(text, *every[:2])
        elif name == "indent":
            widths = [len(one) if isinstance(one, str) else one for one in every if isinstance(one, (str, int))]
            self._product(text.count("\n") + 1, max(widths, default=4))
        else:
            self.take(len(text))
            self._product(len(text), max([1, *(len(one) for one in every if isinstance(one, str))]))

    def bound(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """A filter that takes the steps it needs."""
        place = 1 if hasattr(function, "jinja_pass_arg") else 0
        plain = name not in _TEXTUAL | _COUNTING | _OF_TEXTS

        if plain and not place:

            def slow(value: Any, *args: Any, **kwargs: Any) -> Any:
                return self.made(function(self.filtered(name, value, args, kwargs), *args, **kwargs))

            @wraps(function)
            def alone(value: Any) -> Any:
                return function(value) if type(value) is str and len(value) <= _SMALL else slow(value)

            @wraps(function)
            def quick(value: Any, *args: Any, **kwargs: Any) -> Any:
                small = type(value) is str and len(value) <= _SMALL
                return function(value, *args, **kwargs) if small else slow(value, *args, **kwargs)

            # Most are called by the ten thousand for a site.
            written = getattr(getattr(function, "__wrapped__", function), "__code__", None)
            return alone if written is not None and (written.co_argcount, written.co_flags & _MORE) == (1, 0) else quick

        @wraps(function)
        def filtered(*args: Any, **kwargs: Any) -> Any:
            value = self.filtered(name, args[place], args[place + 1 :], kwargs)
            return self.made(function(*args[:place], value, *args[place + 1 :], **kwargs))

        if name in _SHORT_OFTEN:

            @wraps(function)
            def often(*args: Any, **kwargs: Any) -> Any:
                if not kwargs and all(map(_is_short, args[place:])):
                    return function(*args, **kwargs)
                return filtered(*args, **kwargs)

            return often

        return filtered

    def filters(self) -> dict[str, Callable[..., Any]]:
        """The filters that `bounded` puts into templates."""
        found = ((_LOOP, self.looped), (_WITHIN, self.within), (_TOGETHER, self.made))
        return {name: _never_before(function) for name, function in found}


def _is_short(value: Any) -> bool:
    """Whether a value is a short text, or a few of them."""
    if type(value) is str:
        return len(value) <= _SMALL
    few = type(value) is tuple and len(value) <= _FEW
    return few and all(type(one) is str and len(one) <= _SHORT for one in value)


def _has_size(value: Any) -> bool:
    """Whether a value knows how long it is; one that is not there says by itself, and better, what is wrong."""
    return isinstance(value, Sized) and not isinstance(value, Undefined)


def _too_long() -> TooMuchError:
    return TooMuchError(f"the template writes more than {MOST_CHARACTERS:,} characters for one page")


def _never_before(function: Callable[[Any], Any]) -> Callable[[Context, Any], Any]:
    """A filter that is not worked out when the template is compiled, as one of constants would be."""
    return cast("Callable[[Context, Any], Any]", pass_context(lambda _, value: function(value)))


def bounded(tree: nodes.Template) -> nodes.Template:
    """A template's tree in which all that can take long is counted."""
    for loop in tree.find_all(nodes.For):
        loop.iter = _through(_LOOP, loop.iter)
    for compare in tree.find_all(nodes.Operand):
        if compare.op in ("in", "notin"):
            compare.expr = _through(_WITHIN, compare.expr)
    for parent in list(tree.find_all(nodes.Node)):
        for name, child in list(parent.iter_fields(exclude=("ctx",))):
            if isinstance(child, nodes.Concat):
                setattr(parent, name, _through(_TOGETHER, child))
            elif isinstance(child, list):
                setattr(
                    parent, name, [_through(_TOGETHER, one) if isinstance(one, nodes.Concat) else one for one in child]
                )
    return tree


def _through(name: str, value: nodes.Node) -> nodes.Expr:
    return nodes.Filter(value, name, [], [], None, None, lineno=value.lineno)
