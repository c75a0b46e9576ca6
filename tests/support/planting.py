"""Planting faults: a good rule, a change to its text that breaks it, and the place where that must be found.

A planting gives the new text with the place between ⟦ and ⟧; where that is in lines and columns is counted here, so
that nothing of rulepack says where its own findings should be.
"""

import re
import tomllib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from rulepack import checks, loader
from rulepack.pack import Pack
from rulepack.rule import Rule

OPEN, CLOSE = "⟦", "⟧"
# These, and what marks the places of faults that were planted before another one.
MARKS = re.compile(f"[{OPEN}{CLOSE}\ue000-\ue0fe]")
# Stands for a byte that is no UTF-8.
BAD_BYTE = "\ue0ff"
IGNORES = re.compile(rb"(?m)^# rulepack: ignore .*\n")
QUERY = re.compile(r"(?m)^query = '''\n?(?P<text>.*?)'''", re.DOTALL)


@dataclass(frozen=True)
class Host:
    """A good rule: its file, its text, the rule, and the fields that its query may use besides those it uses."""

    file: str
    text: str
    rule: Rule
    fields: tuple[str, ...] = ()

    @property
    def data(self):
        return tomllib.loads(MARKS.sub("", self.text))

    @property
    def query(self):
        """The text of a query in a '''literal'''; None where there is none, or it is written otherwise."""
        match = QUERY.search(self.text)
        return match["text"] if match else None

    def with_query(self, query):
        """The text with another query."""
        match = QUERY.search(self.text)
        return f"{self.text[: match.start('text')]}{query}{self.text[match.end('text') :]}"


@dataclass(frozen=True)
class Planted:
    """A text with a fault between ⟦ and ⟧, the file's name if it is another, and files beside it (name, text)."""

    text: str
    file: str | None = None
    beside: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Planting:
    """A way to make a rule wrong: the code that must be found, and what it does to a host (None: does not fit).

    `known` says why the fault is not found as it should be, for as long as it is so.
    """

    code: str
    form: str
    plant: Callable[[Host], Planted | str | None]
    known: str = ""

    def __str__(self):
        return f"{self.code} {self.form}"

    def on(self, host):
        """The host with the fault, or None."""
        planted = self.plant(host)
        return Planted(planted) if isinstance(planted, str) else planted


@dataclass(frozen=True)
class Outcome:
    """What planting gave: the new findings, what should be among them, and whether they are just that."""

    planting: Planting
    host: str
    expected: tuple
    found: list = field(default_factory=list)

    @property
    def of_code(self):
        return [one for one in self.found if one.code.id == self.planting.code]

    @property
    def verdict(self):
        """`found`, or what is wrong: `missed`, `misplaced`, `extra`."""
        if not self.of_code:
            return "missed"
        if [place(one.span) for one in self.of_code] != [self.expected]:
            return "misplaced"
        return "found" if len(self.found) == 1 else "extra"

    def __str__(self):
        said = "; ".join(
            f"{one.code.id} {one.span} to {one.span.end_line}:{one.span.end_column} {one.message}" for one in self.found
        )
        return f"{self.verdict}: {self.planting} in {self.host}: wanted {self.expected}, got {said or 'nothing'}"


def place(span):
    """A span as (line, column, end line, end column)."""
    return span.line, span.column, span.end_line, span.end_column


def unmark(text):
    """A text without its marks, and where they were: (line, column, end line, end column)."""
    start = text.index(OPEN)
    text = text.replace(OPEN, "", 1)
    end = text.index(CLOSE)
    text = text.replace(CLOSE, "", 1)
    assert OPEN not in text
    assert CLOSE not in text
    return text, (*_line_and_column(text, start), *_line_and_column(text, end))


def _line_and_column(text, index):
    before = text[:index]
    return before.count("\n") + 1, index - (before.rfind("\n") + 1) + 1


def encoded(text):
    """The bytes of a file; characters that stand for what is no text are such bytes."""
    return text.encode().replace(BAD_BYTE.encode(), b"\xff")


def findings(project, reference, *files):
    """Everything that rulepack says to files (name, bytes), as a pack of their own."""
    loaded = [loader.load_file(project, project.root / name, content) for name, content in files]
    rules = [one for one in loaded if one.rule is not None]
    pack = Pack(
        project,
        tuple(one.rule for one in rules if not one.partial),
        tuple(one.rule for one in rules if one.partial),
        tuple(found for one in loaded for found in one.diagnostics),
        {one.file: one.source for one in loaded if one.source is not None},
        tuple(one.file for one in loaded),
    )
    return checks.run(pack, reference)


def new_findings(project, reference, before, *files):
    """What is said to files that was not said `before`: by code and message, as lines may have moved."""
    old = Counter(map(_kind, before))
    new = []
    for one in findings(project, reference, *files):
        if old[_kind(one)]:
            old[_kind(one)] -= 1
        else:
            new.append(one)
    return new


def _kind(found):
    # RP221 is said once of a rule, and counts.
    return found.code.id, "" if found.code.id == "RP221" else found.message


def try_planting(planting, host, project, reference):
    """Plant a fault in a host and see what is said; None if it does not fit there."""
    planted = planting.on(host)
    if planted is None:
        return None
    text, expected = unmark(planted.text)
    assert text != host.text or planted.file or planted.beside, planting
    beside = [(name, encoded(other)) for name, other in planted.beside]
    before = findings(project, reference, (host.file, encoded(host.text))) + findings(project, reference, *beside)
    if planting.code == "RP221" and before:
        return None
    found = new_findings(project, reference, before, *beside, (planted.file or host.file, encoded(text)))
    return Outcome(planting, host.file, expected, found)


def hosts(project, reference, paths, *, infos=True):
    """Every rule of files that has no warning and no error, and no info unless `infos`."""
    for path in paths:
        content = path.read_bytes()
        # Ignores would have nothing left to silence where a planting takes it away.
        content = IGNORES.sub(b"", content)
        loaded = loader.load_file(project, path, content)
        if loaded.rule is None or loaded.partial or loaded.rule.deprecated:
            continue
        found = findings(project, reference, (loaded.file, content))
        if all(infos and one.severity.label == "info" for one in found):
            yield Host(loaded.file, content.decode(), loaded.rule)


# ---- what plantings are made of ----------------------------------------------------------------------------------


def has(host, key, table="rule"):
    """Whether a table of the file has a key."""
    return key in host.data.get(table, {})


def value_of(key, new, table="rule"):
    """A planting that writes another value behind a key that has one on its line."""

    def plant(host):
        body = _body(host.text, table)
        match = re.compile(rf"(?m)^{key} = (?!\[$|'''|\"\"\")(.+)$").search(host.text, *body)
        return f"{host.text[: match.start(1)]}{new}{host.text[match.end(1) :]}" if match else None

    return plant


def add(lines, table="rule", unless=None):
    """A planting that adds lines at the top of a table, which must not have the key `unless`."""

    def plant(host):
        key = unless or re.search(r"[a-z_]+", lines.replace(OPEN, ""))[0]
        if has(host, key, table):
            return None
        start, _ = _body(host.text, table)
        return f"{host.text[:start]}{lines}\n{host.text[start:]}"

    return plant


def put(key, new, table="rule"):
    """A planting that gives a key a value, whether it has one or not."""
    change, plain = value_of(key, new, table), add(f"{key} = {new}", table)
    return lambda host: change(host) if has(host, key, table) else plain(host)


def remove(*keys, mark="[rule]"):
    """A planting that takes keys with values of one line out; the place is the header of their table."""

    def plant(host):
        text = host.text
        for key in keys:
            new, count = re.subn(rf"(?m)^{key} = (?!\[$|'''|\"\"\").+\n", "", text, count=1)
            if not count:
                return None
            text = new
        return text.replace(mark, f"{OPEN}{mark}{CLOSE}", 1)

    return plant


def entry(key, template, table="rule"):
    """A planting that writes entries in front of an array's first one, which stands as {} in the template."""

    def plant(host):
        body = _body(host.text, table)
        match = re.compile(rf'(?m)^{key} = \[\s*("(?:[^"\\\n]|\\.)+")').search(host.text, *body)
        if match is None:
            return None
        new = template.replace("{}", match[1])
        return f"{host.text[: match.start(1)]}{new}{host.text[match.end(1) :]}"

    return plant


def edit(pattern, new, *, flags=re.MULTILINE):
    """A planting that replaces the first match of an expression."""
    compiled = re.compile(pattern, flags)

    def plant(host):
        text, count = compiled.subn(new, host.text, count=1)
        return text if count else None

    return plant


def append(lines):
    """A planting that adds lines at the end of the file."""
    return lambda host: f"{host.text.rstrip()}\n\n{lines}\n"


def only(condition, plant):
    """A planting for hosts of which something is true."""
    return lambda host: plant(host) if condition(host) else None


def chain(*plants):
    """Several changes one after the other."""

    def plant(host):
        for one in plants:
            planted = one(host)
            if planted is None:
                return None
            host = replace(host, text=planted)
        return host.text

    return plant


def _body(text, table):
    """Where the keys of a table begin and end."""
    header = f"[{table}]\n"
    start = text.index(header) + len(header)
    end = re.compile(r"(?m)^\[").search(text, start)
    return start, end.start() if end else len(text)
