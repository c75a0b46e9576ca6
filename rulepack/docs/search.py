"""The search index: words of queries and guides, in small files by how words begin, which are fetched while typing.

Names, descriptions, ids, techniques and tags are not in it: the catalogue has them, and is searched as it is.
"""

from __future__ import annotations

import json
import re
import unicodedata
from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache

from rulepack.docs.brief import Brief
from rulepack.rule import Rule

FORMAT = 1
# Where a word stands: in the query, or a field or index pattern; or in a guide only. The first character of a token.
QUERY, GUIDE = "q", "g"
_KINDS = {QUERY: 0, GUIDE: 1}
# A word, with the words that a dot, a dash or a low line joins to it. The scripts' search divides what is typed alike.
_WORD = re.compile(r"[^\W_]+(?:[._-]+[^\W_]+)*")
_JOINT = re.compile(r"[._-]+")
_LONGEST = 48
_MOST_PARTS = 4
# Words that say nothing in a guide. Typed, they are passed over.
STOP = frozenset(
    """
    a an and any are as at be been but by can could did do does each for from had has have how http https if in into is
    it its may might more most no not of on or other our out s should so such t than that the their them then there
    these they this those to up use used using was we were what when where whether which while who why will with would
    www you your
    """.split()  # noqa: SIM905 (a hundred quoted words are hard to read)
)
# A pack of few words has a file for each first letter, others one for each two letters.
_FEW = 100_000
# A file that would be longer is divided by the words' next letter.
_LONGEST_FILE = 100_000
_DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_LAST = 32


def words(text: str) -> Iterator[str]:
    """The words of a text; of joined ones the later parts too: `process.parent.args`, `parent.args`, `args`."""
    for match in _WORD.finditer(unicodedata.normalize("NFKC", text).lower()):
        word = match[0]
        yield word[:_LONGEST]
        if word.isalnum():
            continue
        for _ in range(_MOST_PARTS):
            joint = _JOINT.search(word)
            if joint is None:
                break
            word = word[joint.end() :]
            yield word[:_LONGEST]


def tokens(rule: Rule, brief: Brief) -> tuple[str, ...]:
    """The words of a rule's query and guides, each once, in order: the kind of place, then the word."""
    asked = {
        word
        for text in (
            getattr(rule, "query", None),
            getattr(rule, "threat_query", None),
            *brief.query_fields,
            *brief.index,
        )
        for word in _words(text or "")
    }
    told = {
        word
        for text in (rule.note, rule.setup, *(rule.false_positives or ()))
        if text
        for word in _words(text)
        if word not in STOP
    }
    found = [QUERY + word for word in asked if len(word) > 1]
    found += [GUIDE + word for word in told if len(word) > 1 and word not in asked]
    return tuple(sorted(found, key=_by_word))


def head_length(entries: Iterable[Collection[str]]) -> int:
    """How many letters the words of one file have in common, for the tokens of each rule."""
    return 1 if sum(map(len, entries)) < _FEW else 2


def touched(before: Iterable[str], after: Iterable[str], length: int) -> set[str]:
    """The beginnings of words whose files change when a rule's tokens do, for `shards`."""
    return {token[1 : 1 + length] for token in set(before).symmetric_difference(after)}


def shards(
    entries: Sequence[Sequence[str]], only: Collection[str] | None = None, heads: Collection[str] = ()
) -> Iterator[tuple[str, str]]:
    """The index's files, by name, for the tokens of each rule in the catalogue's order.

    With `only`, the files for words that begin so, which `touched` gave, and the list of files; the others are as they
    were, as long as no rule has another number than before. `heads` are then how words began before.
    """
    length = head_length(entries)
    found_heads = set(heads).difference(only or ())
    terms: dict[str, array[int]] = defaultdict(_numbers)
    for number, entry in enumerate(entries):
        for token in entry if only is None else _beginning(entry, only):
            found_heads.add(token[1 : 1 + length])
            terms[token[1:]].append(number * 2 + _KINDS[token[0]])
    yield "index.json", _json({"format": FORMAT, "letters": length, "stop": sorted(STOP), "heads": sorted(found_heads)})
    groups: dict[str, dict[str, str]] = defaultdict(dict)
    for term in sorted(terms):
        groups[term[:length]][term] = _postings(terms[term])
    for head, found in groups.items():
        yield from _files(head, found)


def heads_of(index: str) -> tuple[str, ...]:
    """How words begin, as the list of files says."""
    return tuple(json.loads(index)["heads"])


def _beginning(entry: Sequence[str], heads: Collection[str]) -> Iterator[str]:
    """The tokens, sorted by their words, whose words begin so."""
    for head in heads:
        for place in range(bisect_left(entry, head, key=_word), len(entry)):
            if not entry[place].startswith(head, 1):
                break
            yield entry[place]


def _word(token: str) -> str:
    return token[1:]


def file_name(head: str) -> str:
    """The name of the file for words that begin so: no name that a system reserves, and ASCII alone."""
    return "w-" + "".join(one if one in _PLAIN else f"_{ord(one):x}_" for one in head) + ".json"


_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")


def _numbers() -> array[int]:
    return array("L")


def _by_word(token: str) -> tuple[str, str]:
    return token[1:], token[0]


@lru_cache(maxsize=512)
def _of_shared(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words(text)))


def _words(text: str) -> Iterable[str]:
    # Many rules have the same setup guide, fields and index patterns.
    return _of_shared(text)


def _files(head: str, found: dict[str, str]) -> Iterator[tuple[str, str]]:
    """The file for words that begin so; or several, with the further letters under the name of nothing in the first."""
    size = sum(len(term) + len(postings) + 6 for term, postings in found.items())
    inner: dict[str, dict[str, str]] = defaultdict(dict)
    for term, postings in found.items():
        inner[term[: len(head) + 1]][term] = postings
    if size <= _LONGEST_FILE or len(inner) == 1:
        yield file_name(head), _json(found)
        return
    own = inner.pop(head, {})
    yield file_name(head), _json({"": " ".join(inner), **own})
    for longer, below in inner.items():
        yield from _files(longer, below)


def _postings(numbers: array[int]) -> str:
    """Rules and kinds as text: the gaps, each times two plus the kind, in digits of five bits, the last first-half."""
    last = -2
    parts = []
    for number in numbers:
        base = number & ~1
        parts.append(_digits(base - last - 2 + (number & 1)))
        last = base
    return "".join(parts)


@lru_cache(maxsize=65536)
def _digits(value: int) -> str:
    found = _DIGITS[value % _LAST]
    value //= _LAST
    while value:
        found = _DIGITS[_LAST + value % _LAST] + found
        value //= _LAST
    return found


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")) + "\n"
