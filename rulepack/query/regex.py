r"""Lucene's regular expressions: whether one is valid, whether it begins with `.*`, where it means another thing.

Elasticsearch reads them in Lucene queries (`/.../`), in EQL's `regex` and in ES|QL's RLIKE, with all optional operators
on: `. ? + * | { } [ ] ( ) " \ # @ & < > ~`. A pattern must match a whole value; there are no anchors or look-arounds.
Source: https://lucene.apache.org/core/9_12_0/core/org/apache/lucene/util/automaton/RegExp.html
"""

from __future__ import annotations

import re

from rulepack.frozen import frozen
from rulepack.query.base import MAX_ERRORS, QueryError, shown

# What an index takes unless its own settings say otherwise (`index.max_regex_length`), in UTF-16 units.
MAX_LENGTH = 1000
_MOST = 2**31 - 1  # Java's greatest int: a greater count is refused

_PLAIN = re.compile(r'[^.?+*|{}\[\]()"\\#@&<>~^$]+')
_COUNT = re.compile(r"([0-9]+)(?:(,)([0-9]*))?\}")
_INTERVAL = re.compile(r"\+?([0-9]+)-\+?([0-9]+)")
_ANY_NUMBER = re.compile(r"[*+]|\{[0-9]+,\}")
_SHORTHANDS = frozenset("dDsSwW")


@frozen
class Regex:
    """What a regular expression is.

    `errors` say what Lucene refuses (kind `semantics`) or takes for something else than it looks like (kind `trap`);
    their offsets are those of the pattern. `leading` says that a value may begin with anything (`.*`, `.+`, `@`), so
    that no index helps. `literal` is the only text it matches, where it uses no operator at all.
    """

    errors: tuple[QueryError, ...]
    leading: bool
    literal: str | None


def read_regex(pattern: str) -> Regex:
    """Read a pattern as Lucene does, without the slashes around it. Never raises; takes time linear in its length."""
    reader = _Reader(pattern)
    reader.read()
    errors = sorted(reader.errors, key=lambda error: (error.start, error.end))
    literal = "".join(reader.literal) if reader.literal is not None and not errors else None
    return Regex(tuple(errors), reader.leading, literal)


class _Reader:
    """One pass over a pattern: `opened` are its open parentheses, `first` says that nothing stands before here."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0
        self.opened: list[tuple[int, bool]] = []
        self.swallowed: list[int] = []  # parentheses that look closing and are characters
        self.last_angle = pattern.rfind(">")
        self.first = True
        self.fresh = True  # at the start of an alternative: whatever stands here is taken for a character
        self.leading = False
        self.literal: list[str] | None = []
        self.errors: list[QueryError] = []

    def refuse(self, message: str, start: int, end: int, hint: str) -> None:
        """Add an error: Lucene does not take this."""
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(QueryError("semantics", message, start, end, hint))

    def trap(self, message: str, start: int, end: int, hint: str) -> None:
        """Add a trap: Lucene takes this for something else than it looks like."""
        if len(self.errors) < MAX_ERRORS:
            self.errors.append(QueryError("trap", message, start, end, hint))

    def peek(self, offset: int = 0) -> str:
        return self.pattern[self.position + offset : self.position + offset + 1]

    def read(self) -> None:
        pattern, size = self.pattern, len(self.pattern)
        while self.position < size:
            plain = _PLAIN.match(pattern, self.position)
            if plain:
                if self.literal is not None:
                    self.literal.append(plain[0])
                self.position = plain.end()
                self.first = self.fresh = False
            else:
                self.operator(pattern[self.position])
            self.repeats()
        if self.fresh and size and pattern[-1] != "(":
            self.refuse(
                f"nothing follows the last {pattern[-1]}",
                size - 1,
                size,
                f"remove it, or write \\{pattern[-1]} for the character",
            )
        for (start, _), place in zip(self.opened, [*self.swallowed, *[-1] * len(self.opened)], strict=False):
            if place < 0:
                hint = r"close it with ), or write \( for the character"
                self.refuse("( is never closed", start, start + 1, hint)
            else:
                hint = "make the group before it optional instead: (a|b)?"
                self.refuse("a group ends where an alternative must follow", place, place + 1, hint)

    def operator(self, character: str) -> None:
        """Read whatever begins with a character that may be an operator, up to the end of an atom."""
        start = self.position
        self.position += 1
        if character == "\\":
            self.escape(start)
            return
        if not self.fresh and character in ")|&":
            self.structure(character, start)
            return
        if character in "^$":
            self.anchor(character, start)
            self.atom(character)
            return
        if character in "?*+{|)&>}]":
            # The start of an alternative takes any character as it is; so are closing marks that close nothing.
            self.character(character, start)
            return
        self.literal = None
        if character == "(":
            self.group(start)
        elif character == "[":
            self.char_class(start)
        elif character == '"':
            self.quoted(start)
        elif character == "<":
            self.interval(start)
        elif character == "~":
            self.complement(start)
        else:
            self.any(character, start)

    def atom(self, text: str | None = None) -> None:
        """Something to repeat has been read: a character, or (without `text`) what can match more than one."""
        if text is None:
            self.literal = None
        elif self.literal is not None:
            self.literal.append(text)
        self.first = self.fresh = False

    def repeats(self) -> None:
        """Read what stands behind an atom to repeat it: any number of `?`, `*`, `+`, `{n}`, `{n,}`, `{n,m}`."""
        while not self.fresh and (character := self.peek()) and character in "?*+{":
            self.literal = None
            start = self.position
            self.position += 1
            if character != "{":
                continue
            count = _COUNT.match(self.pattern, self.position)
            if not count:
                self.refuse(
                    "{ must be followed by a count such as {3}, {3,} or {3,5}",
                    start,
                    start + 1,
                    r"write \{ for the character",
                )
                continue
            self.position = count.end()
            low, high = count[1], count[3] or count[1]
            if max(_number(low), _number(high)) > _MOST:
                self.refuse("the count is too large", start, count.end(), "use a smaller one")
            elif _number(low) > _number(high):
                self.trap(
                    f"{count[1]} is more than {count[3]}, so this never matches",
                    start,
                    count.end(),
                    f"write {{{high},{low}}}",
                )

    def structure(self, character: str, start: int) -> None:
        """Read `)`, `|` or `&`, which end what stands before them."""
        self.literal = None
        if character == ")":
            if self.opened:
                self.opened.pop()
            else:
                self.refuse(") closes nothing", start, start + 1, r"remove it, or write \) for the character")
            self.first = False
            return
        if character == "&" and _is_word(self.pattern[start - 1]) and _is_word(self.peek()):
            self.trap(
                "& means that both sides must match the same text", start, start + 1, r"write \& for the character"
            )
        self.fresh = True
        self.first = character == "|" and (self.opened[-1][1] if self.opened else True)

    def character(self, character: str, start: int) -> None:
        """Take an operator that has nothing to work on for the character, as Lucene does."""
        if self.fresh and character == "?" and self.opened and self.opened[-1][0] == start - 1:
            self.trap(
                "Lucene has no (?...) groups, flags or look-arounds: the ? is a character",
                start - 1,
                start + 1,
                "use a plain group; for any case write [aA], or search a field that ignores case",
            )
        elif self.fresh and character == ")" and self.opened:
            self.swallowed.append(start)
        elif self.fresh and character in "?*+{|":
            self.trap(
                f"{character} has nothing before it, so it is the character {character}",
                start,
                start + 1,
                f"write .{character} for any text, or \\{character} for the character",
            )
        self.atom(character)

    def anchor(self, character: str, start: int) -> None:
        """Say that `^` and `$` are characters, where they stand as if they were anchors."""
        if self.fresh if character == "^" else self.peek() in {"", ")", "|"}:
            self.trap(
                f"{character} is the character {character}: a pattern always matches the whole value",
                start,
                start + 1,
                f"remove it, or write \\{character} if the character is meant",
            )

    def escape(self, start: int) -> None:
        character = self.peek()
        self.position += 1
        if not character:
            self.refuse("nothing is escaped by the last backslash", start, start + 1, r"write \\ for a backslash")
        elif character in _SHORTHANDS:
            self.atom()
            return
        elif character.isascii() and character.isalpha():
            self.refuse(f"\\{character} does not exist in Lucene", start, start + 2, _missing(character))
        elif "1" <= character <= "9":
            self.trap(
                f"\\{character} is the character {character}: there are no back-references",
                start,
                start + 2,
                "write out what may stand there",
            )
        self.atom(character)

    def group(self, start: int) -> None:
        if self.peek() == ")":
            self.position += 1
            self.atom()
            return
        self.opened.append((start, self.first))
        self.fresh = True

    def char_class(self, start: int) -> None:
        """Read `[...]`; whatever stands first in it is taken as it is, a `]` too."""
        if self.peek() == "^":
            self.position += 1
        while True:
            self.class_item()
            if self.position >= len(self.pattern):
                self.position = len(self.pattern)
                self.refuse("[ is never closed", start, start + 1, r"close it with ], or write \[ for the character")
                break
            if self.peek() == "]":
                self.position += 1
                break
        self.atom()

    def class_item(self) -> None:
        start = self.position
        low = self.class_character()
        if low is None or self.peek() != "-":
            return
        if self.peek(1) == "]":
            self.hyphen(low)
            return
        self.position += 1
        high = self.class_character(ends=True)
        if low and high and low > high:
            self.refuse(
                f"{shown(self.pattern[start : self.position])} runs backwards, from {shown(low)} to {shown(high)}",
                start,
                self.position,
                r"write \- for a hyphen in a character class",
            )

    def hyphen(self, low: str) -> None:
        """Say that `-]` is a range up to `]`, so that the class goes on; what follows is read as it was meant."""
        start = self.position
        self.position += 1
        if low <= "]" and self.pattern.find("]", start + 2) >= 0:
            message = f"{shown(low)}-] is a range up to the character ], so the class does not end here"
            self.trap(message, start, start + 2, r"write \- for the hyphen")
        else:
            self.refuse("a - right before ] begins a range", start, start + 2, r"write \- for the hyphen")

    def class_character(self, *, ends: bool = False) -> str | None:
        """Read one character of a class; None for one that begins no range, empty at the end."""
        start, character = self.position, self.peek()
        self.position += 1
        if character != "\\":
            return character
        character = self.peek()
        self.position += 1
        if ends:
            return character
        if character in _SHORTHANDS or character == "\\":
            return None
        if character.isascii() and character.isalpha():
            self.refuse(f"\\{character} does not exist in Lucene", start, start + 2, _missing(character))
        return character

    def quoted(self, start: int) -> None:
        end = self.pattern.find('"', self.position)
        if end < 0:
            self.refuse(
                'a " begins a literal text that never ends',
                start,
                start + 1,
                r"write \" for the character",
            )
        else:
            self.trap('text in " is matched without the quotation marks', start, end + 1, r"write \" for the character")
            self.position = end + 1
        self.atom()

    def interval(self, start: int) -> None:
        end = self.pattern.find(">", self.position) if self.last_angle > start else -1
        found = _INTERVAL.fullmatch(self.pattern, self.position, end) if end >= 0 else None
        if end < 0:
            self.refuse(
                "< begins a range of numbers that never ends",
                start,
                start + 1,
                r"write \< for the character",
            )
        else:
            self.position = end + 1
            if not found or max(_number(found[1]), _number(found[2])) > _MOST:
                self.refuse(
                    "between < and > must stand a range of numbers such as <1-99>",
                    start,
                    end + 1,
                    r"write \< for the character",
                )
        self.atom()

    def complement(self, start: int) -> None:
        """Read `~`, behind which any atom stands, as at the start of an alternative."""
        if _is_word(self.peek()):
            self.trap(f"~ means anything but {self.peek()}", start, start + 1, r"write \~ for the character")
        self.fresh = True
        self.first = False

    def any(self, character: str, start: int) -> None:
        """Read `.`, `@` (any text) or `#` (matches nothing)."""
        following = self.peek()
        if character == "#":
            self.trap("# matches nothing at all", start, start + 1, r"write \# for the character")
        elif character == "@" and (not self.fresh or following not in {"", "&", "|", ")"}):
            self.trap("@ matches any text", start, start + 1, r"write \@ for the character")
        if self.first and (character == "@" or (character == "." and _ANY_NUMBER.match(self.pattern, self.position))):
            self.leading = True
        self.atom()


def _number(digits: str) -> int:
    """A count; cut, as Python refuses to read thousands of digits and more than ten are too many anyway."""
    return int(digits.lstrip("0")[:11] or "0")


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_"


def _missing(character: str) -> str:
    """What to do instead of an escape that other dialects have."""
    if character in "bBAzZG":
        return "remove it: a pattern always matches the whole value; write out what may stand around"
    if character in "uxpPNcC":
        return "write the character itself"
    if character in "ntrfvae":
        return r"write the character itself, or \s for any blank"
    return f"remove the backslash to mean the letter {character}"
