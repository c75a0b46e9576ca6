"""One event of an EQL query: its category, `where`, and its condition."""

from __future__ import annotations

from rulepack.query.eql import ast
from rulepack.query.eql.cursor import UnreadableError, shown
from rulepack.query.eql.expressions import Expressions
from rulepack.query.eql.lexer import KEYWORDS, is_name

# How many tokens behind the start of an event a `where` still says that all before it is meant as one category.
_LONGEST_CATEGORY = 8
_NEVER_IN_CATEGORY = frozenset({"(", ")", "[", "]", "![", "|", "==", ":", "!=", "and", "or", "not", ""})
_NEXT_CONDITION = frozenset({"and", "or", "]", "|", "until"})
_NO_CATEGORY = ("the event category is missing", "begin with one, as in process where ..., or with any where ...")


class Events(Expressions):
    """Reads events."""

    __slots__ = ()

    def event(self) -> ast.Event | None:
        """`category where condition`."""
        first = self.at
        start = self.starts[first]
        category = None
        try:
            category = self._category()
        except UnreadableError:
            self.skip_to(frozenset({"where", "]", "|"}))
            if self.texts[self.at] != "where":
                return None
        if self.texts[self.at] == "where":
            self.at += 1
        condition = self.condition()
        return ast.Event(category, condition, start, self.last_end()) if condition else None

    def stray(self) -> None:
        """Say that something closes what is not open, or parts what is no list; read on at the next condition."""
        word = self.texts[self.at]
        if word in (")", "]"):
            self.failure(f"{word} without its {'(' if word == ')' else '['}", "remove it, or open it before")
        else:
            self.unexpected("and, or, or the end of the condition")
        self.at += 1
        self.skip_to(_NEXT_CONDITION)
        if self.texts[self.at] in ("and", "or"):
            self.at += 1
            self.condition()

    def _category(self) -> str | None:
        """The category, up to `where`: None for any, or where there is no category at all, which is noted."""
        texts = self.texts
        word = texts[self.at]
        following = texts[self.at + 1] if word else ""
        if following.lower() != "where":
            return self._no_where(word, following)
        if word == "any":
            self.at += 1
            category = None
        elif word[:1] in ('"', "'", "?") and len(word) > 1:
            literal = self.constant()
            category = str(literal.value) if literal else None
        elif is_name(word):
            self.at += 1
            category = word
        else:
            plain = word[1:-1] if word[0] == "`" else word
            self.failure(f"{shown(word)} is no event category", f'put it in double quotes: "{shown(plain)}" where')
            self.at += 1
            category = plain
        if texts[self.at] != "where":
            self.corrected()
        return category

    def _no_where(self, word: str, following: str) -> str | None:
        """Say what is wrong at the start of an event, and go to where its condition begins, or to `where`."""
        first = self.at
        ahead = self.texts[first : first + _LONGEST_CATEGORY]
        if "where" in ahead[1:] and not _NEVER_IN_CATEGORY & set(ahead[: ahead.index("where", 1)]):
            self.at += ahead.index("where", 1)
            category = self.text[self.starts[first] : self.last_end()]
            hint = f'put it in double quotes: "{shown(category)}" where'
            self.note(f"{shown(category)} is no event category", self.starts[first], self.last_end(), hint)
            return category
        if (is_name(word) or word == "any") and self._can_begin(following or "true"):
            # Where another name stands behind, the one before it is meant as `where`.
            misspelt = bool(following) and is_name(following) and self._can_begin(self.texts[first + 2] or ")")
            behind = "true" if not following else "..." if misspelt else f"{shown(following)} ..."
            self.failure("where is missing after the category", f"write {shown(word)} where {behind}", first + 1)
            if not following:
                raise UnreadableError
            self.at += 1 + misspelt
        elif word in ("[", "!["):
            raise self.failure(
                "an event in brackets", "several events are a sequence: sequence by host.id [ ... ] [ ... ]"
            )
        elif word == "where":
            self.failure(*_NO_CATEGORY)
            self.at += 1
        elif word and not self._can_begin(word) and word != "(":
            raise self.unexpected("an event category and where")
        else:
            self.failure(*_NO_CATEGORY)
        return None

    def _can_begin(self, word: str) -> bool:
        """Whether a token can begin a condition."""
        if word in KEYWORDS:
            return word in ("not", "true", "false", "null")
        return word[0].isalpha() or word[0] in '"?`_@-'
