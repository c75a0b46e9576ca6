"""Where the EQL parser is in its tokens, and how it says what is wrong and goes on behind it."""

from __future__ import annotations

from rulepack.query import base
from rulepack.query.base import MAX_DEPTH, MAX_ERRORS, QueryError
from rulepack.query.eql.lexer import KEYWORDS, Tokens, is_closed

# Ways to write what EQL writes otherwise, and what to tell who does.
_MISTAKES = {
    "=": ("==", "use == (case counts) or : (case does not count, and * and ? are wildcards)"),
    "&&": ("and", "write and"),
    "||": ("or", "write or"),
    "<>": ("!=", "write !="),
}
_GROUP_ENDS = frozenset({")", "]"})
_CLOSERS = {"(": ")", "[": "]", "![": "]"}
# Keywords that someone may mean as the name of a field.
_NAMELIKE = KEYWORDS - {"and", "or", "not", "in", "like", "regex", "true", "false", "null", "where", "of"}


class UnreadableError(Exception):
    """A place where the parser cannot go on; what is wrong there is already noted."""


class HopelessError(Exception):
    """A query that is not worth reading on: nested too deep, or with too many errors."""


class Cursor:
    """The tokens of a query, the one that is next (`at`), and the errors so far."""

    __slots__ = ("at", "depth", "ends", "errors", "height", "starts", "text", "texts")

    def __init__(self, text: str) -> None:
        tokens = Tokens(text)
        self.text = text
        self.texts = tokens.texts
        self.starts = tokens.starts
        self.ends = tokens.ends
        self.at = 0
        self.errors: list[QueryError] = []
        # How deep the parser is in the text, and how high the tree is that it read last.
        self.depth = 0
        self.height = 1

    def note(self, message: str, start: int, end: int, hint: str | None, kind: str = "syntax") -> None:
        """Remember an error. Raises HopelessError where there are too many.

        Of what the parser finds in one place, the first says what is wrong; the rest follows from it.
        """
        if self.errors and self.errors[-1].start == start < len(self.text):
            return
        self.errors.append(
            QueryError("semantics" if kind == "semantics" else "syntax", message, start, end, hint),
        )
        if len(self.errors) >= MAX_ERRORS:
            raise HopelessError

    def failure(self, message: str, hint: str | None, at: int | None = None) -> UnreadableError:
        """Remember an error at a token (the next), and give the exception to raise."""
        index = self.at if at is None else at
        self.note(message, self.starts[index], self.ends[index], hint)
        return UnreadableError()

    def unexpected(self, expected: str) -> UnreadableError:
        """The next token cannot stand here; what it is says more than what was expected."""
        word = self.texts[self.at]
        message, hint = _explained(word, expected)
        return self.failure(message, hint)

    def rise(self, height: int) -> None:
        """Remember how high the tree is that was just read. Raises HopelessError where it is too high."""
        self.height = height
        if height > MAX_DEPTH:
            raise self.too_deep()

    def too_deep(self) -> HopelessError:
        """Remember that the query is nested too deep, and give the exception to raise."""
        self.note(
            f"nested more than {MAX_DEPTH} deep",
            self.starts[self.at],
            self.ends[self.at],
            'use a list, as in field in ("a", "b"), or split the rule',
        )
        return HopelessError()

    def corrected(self) -> str:
        """The next token, put right where it is another language's way of writing; that is noted as an error."""
        word = self.texts[self.at]
        if word in _MISTAKES:
            right, hint = _MISTAKES[word]
            self.note(f"{word} is not EQL", self.starts[self.at], self.ends[self.at], hint)
        elif word.lower().removesuffix("~") in KEYWORDS and word != word.lower():
            right = word.lower()
            self.note(
                f"{word} is no keyword", self.starts[self.at], self.ends[self.at], f"keywords are lower-case: {right}"
            )
        else:
            return word
        self.texts[self.at] = right
        return right

    def skip_to(self, stops: frozenset[str]) -> None:
        """Go to the next token of `stops` that is not within brackets opened on the way, or to the end."""
        texts = self.texts
        awaited: list[str] = []
        at = self.at
        while texts[at]:
            word = texts[at]
            if not awaited and word in stops:
                break
            if word in _CLOSERS:
                awaited.append(_CLOSERS[word])
            elif word == "]" and "]" in awaited:
                # A parenthesis within square brackets ends with them.
                while awaited.pop() != "]":
                    pass
            elif awaited and word == awaited[-1]:
                awaited.pop()
            elif word == "]" and "]" in stops:
                break
            at += 1
        self.at = at

    def leave(self) -> None:
        """Go behind the ) that ends what was opened last, as far as it ends at all."""
        self.skip_to(_GROUP_ENDS)
        self.at += self.texts[self.at] == ")"

    def last_end(self) -> int:
        """The end of the token before the next."""
        return self.ends[self.at - 1] if self.at else 0


def shown(word: str) -> str:
    """A token as an error names it."""
    if not word:
        return "the end of the query"
    if len(word) == 1 and not (word.isascii() and word.isprintable()):
        return f"character U+{ord(word):04X}"
    return base.shown(word)


def _explained(word: str, expected: str) -> tuple[str, str]:
    if not word:
        return "the query ends too early", f"expected {expected}"
    first = word[0]
    if first in "\"'`" and not is_closed(word):
        kind = "name" if first == "`" else "string"
        if word[:3] == '"""':
            first = '"""'
        return (
            f"this {kind} is never closed",
            f"end it with {first} on the same line" if kind == "string" else "end it with `",
        )
    if word[:2] == "/*":
        return "this comment is never closed", "end it with */"
    if first in "\u201c\u201d\u201e\u2018\u2019":
        return f"typographic quote {first}", 'strings are in straight double quotes: "text"'
    if not first.isascii() or not first.isprintable():
        what = f"the white space U+{ord(first):04X}" if first.isspace() else shown(first)
        return f"{what} means nothing in EQL", 'remove it; it may stand in "strings" and in `names` only'
    if word in _NAMELIKE:
        return f"unexpected {word}", f"expected {expected}; a field of that name is written `{word}`"
    return f"unexpected {shown(word)}", f"expected {expected}"
