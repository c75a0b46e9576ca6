"""A project's rules on their way into a package: read one by one, as often as they are needed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from rulepack import loader
from rulepack.exception_list import TABLE, ExceptionList, holds_exceptions, import_lines
from rulepack.frozen import frozen
from rulepack.lock.store import FOLDER as LOCK
from rulepack.lock.store import Lock, read_lock
from rulepack.package.compare import Payload, Side, lists_of
from rulepack.package.make import Maker
from rulepack.package.manifest import PackagedRule
from rulepack.project import SETTINGS_FILES, Project
from rulepack.reference import Reference
from rulepack.rule import Rule
from rulepack.stack import StackVersion

# A line that begins as one with exception lists does; in a text, that is no harm.
_NAMES_TABLE = re.compile(rf"^[ \t]*(?:\[+[ \t]*)?[\"']?{TABLE}\b".encode(), re.MULTILINE)


@frozen(slots=False)
class Checkout:
    """A project as it is in its folder."""

    project: Project
    label: str = ""

    @cached_property
    def reference(self) -> Reference:
        """The project's reference data."""
        return Reference.of(self.project)

    @cached_property
    def lock(self) -> Lock:
        """The project's lock."""
        return read_lock(self.project)

    @cached_property
    def maker(self) -> Maker:
        """What makes packaged rules of the project's rules."""
        return Maker(self.project, self.lock, self.reference)

    def files(self) -> Iterator[tuple[str, Rule | None]]:
        """Every file that should hold a rule, with that rule; None where it cannot be read."""
        for path in loader.files(self.project):
            loaded = loader.load_file(self.project, path)
            if loaded.rule is not None or loaded.source is None or not holds_exceptions(loaded.source.data):
                yield loaded.file, None if loaded.partial else loaded.rule

    def rules(self) -> Iterator[Rule]:
        """Every rule that can be read, in the order of the files."""
        return (rule for _, rule in self.files() if rule is not None)

    def exception_lists(self) -> Iterator[ExceptionList]:
        """Every exception list that can be read, in the order of the files."""
        for path in loader.files(self.project):
            content = loader.read_file(self.project, path)
            # Most files hold a rule: they need not be read for that twice.
            if isinstance(content, bytes) and _NAMES_TABLE.search(content):
                yield from loader.load_file(self.project, path, content).exception_lists

    def list_objects(self) -> Iterator[Payload]:
        """Every exception list as a body for Kibana, each followed by its items."""
        for one in self.exception_lists():
            yield from import_lines(one)

    def side(self, maturity: tuple[str, ...] | None = None) -> Side:
        """The project as one side of a comparison; of rules of some maturities only, and of deprecated ones."""
        chosen = (*maturity, "deprecated") if maturity is not None else None
        found: dict[str, PackagedRule] = {}
        unread = []
        for file, rule in self.files():
            if rule is None:
                unread.append(file)
            elif chosen is None or rule.metadata.maturity in chosen:
                found.setdefault(rule.rule_id, self.maker.make(rule).packaged)
        label = self.label or self.project.name
        return Side(label, found, self.body, self.project.stack, tuple(unread), lists_of(self.list_objects()))

    def body(self, packaged: PackagedRule, stack: StackVersion | None = None) -> Payload:
        """The body of a rule for a stack version that it fits, or for the newest of these; its file is read again."""
        rule = self._rule(self.project.root / packaged.file)
        if rule is None:
            return {}
        made = self.maker.make(rule)
        return made.newest if stack is None else made.body(stack)

    def _rule(self, path: Path) -> Rule | None:
        loaded = loader.load_file(self.project, path)
        return None if loaded.partial else loaded.rule


def content_paths(project: Project) -> tuple[Path, ...]:
    """Everything of a project that goes into a package: rules, lock, settings, fields, reference data."""
    root = project.root
    settings = (root / name for name in SETTINGS_FILES)
    return (*project.rules, root / LOCK, *settings, *project.fields, project.reference)
