"""Pack: everything under rules/, loaded; immutable, indexed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from functools import cached_property
from types import MappingProxyType
from typing import Any

from rulepack import emit
from rulepack.derive import derive
from rulepack.diagnostics import Diagnostic, Severity
from rulepack.exception_list import ExceptionList
from rulepack.frozen import frozen
from rulepack.project import Project
from rulepack.reference import Reference
from rulepack.rule import Rule
from rulepack.source import Source
from rulepack.stack import StackVersion


@frozen(slots=False)
class Pack:
    """The rules of a project, with the text that each came from and everything there is to say about them.

    `rules` are in the order of their files. `partial` are rules whose shape is wrong, without the fields that are: the
    checks look at what is left of them, so that one run says everything, but nothing is made of them. `files` are all
    files read, those that hold no rule too; `sources` has the text of each that could be read. File names are relative
    to the project, with `/`. `exception_lists` are those of all files without an error, in the files' order.
    """

    project: Project
    rules: tuple[Rule, ...] = ()
    partial: tuple[Rule, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=lambda: MappingProxyType({}))
    files: tuple[str, ...] = ()
    exception_lists: tuple[ExceptionList, ...] = ()

    @cached_property
    def every(self) -> tuple[Rule, ...]:
        """All rules in the order of their files, the partial ones too; for checks."""
        if not self.partial:
            return self.rules
        place = {file: number for number, file in enumerate(self.files)}
        return tuple(sorted((*self.rules, *self.partial), key=lambda rule: place.get(rule.file, 0)))

    @cached_property
    def active(self) -> tuple[Rule, ...]:
        """The rules that are not deprecated."""
        return tuple(rule for rule in self.rules if not rule.deprecated)

    @cached_property
    def deprecated(self) -> tuple[Rule, ...]:
        """The rules that are kept for the record only."""
        return tuple(rule for rule in self.rules if rule.deprecated)

    @cached_property
    def by_id(self) -> Mapping[str, Rule]:
        """The first rule with each rule_id."""
        result: dict[str, Rule] = {}
        for rule in self.rules:
            result.setdefault(rule.rule_id, rule)
        return MappingProxyType(result)

    @property
    def failed(self) -> bool:
        """Whether anything is an error."""
        return any(found.severity is Severity.ERROR for found in self.diagnostics)

    def to_api(self, rule: Rule, stack: StackVersion | str | None = None) -> dict[str, Any]:
        """The JSON body for Kibana's detection engine API.

        Only fields that the file names are in it, and those that the setting `derived_fields` asks for. `stack` is the
        version of the Kibana that is to take it, such as `"9.3"`; None stands for the newest. Raises ValueError when
        `stack` is no version, and DataError when the project's reference data cannot be read.
        """
        version = StackVersion.parse(stack) if isinstance(stack, str) else stack
        if self.project.derived_fields:
            rule = derive(rule, self.project.derived_fields, self._reference, version)
        return emit.to_api(rule, version)

    @cached_property
    def _reference(self) -> Reference:
        return Reference.of(self.project)
