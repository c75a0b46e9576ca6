"""The Jinja2 environment: strict, sandboxed, and with template errors as diagnostics."""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import (
    BaseLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    nodes,
)
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from rulepack.diagnostics import Code, Diagnostic, Span
from rulepack.docs import highlight, html, markdown, words
from rulepack.docs.bounds import Bounds, TooMuchError, bounded
from rulepack.docs.brief import DEEP, Brief
from rulepack.docs.codes import RP601, RP602, RP604, RP606
from rulepack.reference.attack import NOTICE
from rulepack.slug import slug


class FolderLoader(BaseLoader):
    """Templates by name from a list of folders; the first that has it wins, and nothing outside can be read."""

    def __init__(self, files: Mapping[str, Path]) -> None:
        self.files = files

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Any]:  # noqa: ARG002 (Jinja's signature)
        """The text of a template and its file name."""
        if template not in self.files:
            raise TemplateNotFound(template)
        path = self.files[template]
        return path.read_text(encoding="utf-8"), str(path), lambda: True


# What templates may look into: plain values, what they are given, and Jinja's own helpers. A path, say, is none of
# these: it would read and write files.
_PLAIN = (str, int, float, type(None), tuple, list, dict, set, frozenset, MappingProxyType, range)
_OWN_ROOMS = ("rulepack.docs.", "rulepack.rule.", "rulepack.reference.attack")
_ROOMS = (*_OWN_ROOMS, "jinja2.")


# What is remembered of pages takes some megabytes at most.
_LONGEST_PIECE, _MOST_PIECES = 2_000, 50_000
# So many steps it takes to include a template.
_INCLUDE = 10


class Remembered:
    """Pieces of pages that many pages have, such as the row of a rule: made once, whoever asks first."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        # Each with whether it, or what its page had before it, shows more of rules than lists do.
        self._known: dict[tuple[Any, ...], tuple[str, bool]] = {}

    def get(self, *key: Any) -> str | None:
        """The piece with a key; None if nobody made it yet."""
        piece, deep = self._known.get(key, (None, False))
        self._environment.deep |= deep
        return piece

    def keep(self, piece: str, *key: Any) -> str:
        """Remember a piece; gives it back."""
        if len(piece) <= _LONGEST_PIECE and len(self._known) < _MOST_PIECES:
            self._known[key] = (piece, self._environment.deep)
        return piece


class _Compiled(BytecodeCache):
    """Templates that this process has compiled already, for other environments; nothing is written anywhere."""

    def __init__(self) -> None:
        self.known: dict[tuple[str, str], Any] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template the code that one of the same name and text has."""
        bucket.code = self.known.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember the code of a template."""
        self.known[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class _Template(Template):
    """A template that begins a page each time that it is rendered."""

    def render(self, *args: Any, **kwargs: Any) -> str:
        """The page's text."""
        assert isinstance(self.environment, Environment)
        self.environment.bounds.begin()
        return super().render(*args, **kwargs)


class Environment(ImmutableSandboxedEnvironment):
    """A sandbox that knows which types are harmless, rather than which are not, and in which all comes to an end."""

    template_class = _Template
    intercepted_binops = frozenset(("*", "**", "%", "+"))

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.bounds = Bounds()
        self.finalize = self.bounds.shown
        # It writes as many paragraphs as it is told, each time others; and that picks what it likes.
        del self.globals["lipsum"], self.filters["random"]
        self._own: dict[tuple[type, str], bool] = {}
        # Whether a template has looked at what lists of rules do not show.
        self.deep = False

    def getattr(self, obj: Any, attribute: str) -> Any:
        """An attribute or item. What may be read of rulepack's own values is asked once for each type and name."""
        kind = type(obj)
        if attribute in DEEP and kind is Brief:
            self.deep = True
        own = self._own.get((kind, attribute))
        if own is None:
            own = not attribute.startswith("_") and kind.__module__.startswith(_OWN_ROOMS)
            self._own[kind, attribute] = own
        if not own:
            return super().getattr(obj, attribute)
        try:
            return getattr(obj, attribute)
        except AttributeError:
            return super().getattr(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """An item or attribute."""
        if type(obj) is Brief and argument in DEEP:
            self.deep = True
        return super().getitem(obj, argument)

    def concat(self, parts: Iterable[str]) -> str:
        """The parts of a page, or of a macro, together."""
        return self.bounds.concat(parts)

    def bind(self) -> None:
        """Have the filters take their steps."""
        self.filters.update({name: self.bounds.bound(name, one) for name, one in self.filters.items()})
        self.filters.update(self.bounds.filters())

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        return bounded(super()._parse(source, name, filename))

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Call something that a template calls."""
        self.bounds.called(obj, args, kwargs)
        return super().call(context, obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The result of an operation."""
        self.bounds.operate(operator, left, right)
        return self.bounds.made(super().call_binop(context, operator, left, right))

    def get_template(self, name: Any, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002 (Jinja's)
        """A template by its name: one to render, or that another one, its parent, includes."""
        self._include(parent)
        return super().get_template(name, parent, globals)

    def select_template(self, names: Any, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002 (the same)
        """The first that there is of some templates."""
        self._include(parent)
        return super().select_template(names, parent, globals)

    def _include(self, parent: str | None) -> None:
        if parent is not None:
            self.bounds.take(_INCLUDE)

    def wrap_str_format(self, value: Any) -> Any:
        """What stands in for a text's own `format`."""
        function = super().wrap_str_format(value)
        if function is None:
            return None

        def wrapper(*args: Any, **kwargs: Any) -> str:
            self.bounds.formatted(value.__self__, args, kwargs)
            return str(function(*args, **kwargs))

        return wrapper

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Whether a template may read an attribute."""
        kind = type(obj)
        if attr.startswith("_") or (kind not in _PLAIN and not kind.__module__.startswith(_ROOMS)):
            return False
        return kind.__module__.startswith("rulepack.") or super().is_safe_attribute(obj, attr, value)


def make(files: Mapping[str, Path]) -> Environment:
    """The environment for some templates, by their names such as `once/index.md.j2`.

    Rule texts are always data, never templates. Undefined names are errors; HTML templates escape by themselves. The
    sandbox is there because a pull request may bring templates along.
    """
    environment = Environment(
        loader=FolderLoader(files),
        undefined=StrictUndefined,
        autoescape=lambda name: bool(name) and ".html" in str(name),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        bytecode_cache=_COMPILED,
    )
    environment.filters.update(
        text=markdown.text,
        prose=markdown.prose,
        label=markdown.label,
        cell=markdown.cell,
        code=markdown.code,
        fence=markdown.fence,
        link=markdown.link,
        integration=words.integration,
        sentence=words.sentence,
        slug=slug,
        anchor=markdown.anchor,
        counted=words.counted,
        number="{:,}".format,
        date=lambda value: markdown.text(words.date(value)),
        inline=html.inline,
        block=html.block,
        mono=html.mono,
        heading=html.heading,
        anchored=html.anchored,
        address=html.address,
        way=html.way,
        figure=highlight.figure,
        numbered=highlight.numbered,
    )
    environment.globals.update(attack_notice=NOTICE, remembered=Remembered(environment))
    environment.bind()
    return environment


def failure(error: Exception, path: Path, root: Path, about: str = "") -> Diagnostic:
    """What went wrong in a template as a diagnostic at its line."""
    if isinstance(error, TemplateSyntaxError):
        path = Path(error.filename) if error.filename else path
        return _diagnostic(RP601, error.message or "invalid template", path, error.lineno, root, about)
    line, place = _line(error)
    if place is not None:
        path = place
    if isinstance(error, UndefinedError):
        return _diagnostic(RP602, error.message or "undefined name", path, line, root, about)
    if isinstance(error, (TooMuchError, RecursionError, MemoryError, OverflowError)):
        endless = isinstance(error, (RecursionError, MemoryError))
        message = "templates or macros call one another without end" if endless else str(error)
        return _diagnostic(RP606, message, path, line, root, about)
    if isinstance(error, TemplateNotFound):
        return _diagnostic(RP604, f"there is no template {error.name}", path, line, root, about)
    kind = "" if isinstance(error, TemplateError) else f"{type(error).__name__}: "
    return _diagnostic(RP604, f"{kind}{error}", path, line, root, about)


def _line(error: Exception) -> tuple[int, Path | None]:
    """The template's line that an exception comes from: the last one of a template in its traceback."""
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if frame.filename.endswith(".j2") and frame.lineno is not None:
            return frame.lineno, Path(frame.filename)
    return 1, None


def _diagnostic(code: Code, message: str, path: Path, line: int, root: Path, about: str) -> Diagnostic:
    file = Path(os.path.relpath(path, root)).as_posix()
    try:
        excerpt = path.read_text(encoding="utf-8").split("\n")[line - 1]
    except (OSError, UnicodeDecodeError, IndexError):
        excerpt = ""
    start = len(excerpt) - len(excerpt.lstrip()) + 1
    span = Span(file, line, start, line, max(start, len(excerpt) + 1))
    folded = " ".join(message.split()).rstrip(".")
    return Diagnostic(code, f"{folded}{about}", span, excerpt=excerpt)
