"""Maker: a rule as a package has it, and its body for each stack version."""

from __future__ import annotations

from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

from rulepack import emit
from rulepack.content import Content, content_of
from rulepack.derive import derive
from rulepack.fit import Fit, Standing, fit, needs
from rulepack.frozen import frozen
from rulepack.lock.entry import file_name
from rulepack.lock.store import Lock
from rulepack.lock.version import version_of
from rulepack.package.manifest import PackagedRule
from rulepack.project import Project
from rulepack.reference import Reference
from rulepack.rule import Rule
from rulepack.stack import StackVersion

Payload = dict[str, Any]


@frozen(slots=False)
class Made:
    """A rule of a package: what the manifest says of it, its content, and its bodies, which are not to be changed."""

    rule: Rule
    packaged: PackagedRule
    content: Content
    _maker: Maker
    _whole: Payload

    def body(self, stack: StackVersion) -> Payload:
        """The body for a stack version that the rule fits: what its file names, its version, what is derived."""
        derived = self._maker.project.derived_fields
        if not derived and self.packaged.fit(stack).standing is Standing.FULL:
            return self._whole
        rule = derive(self.rule, derived, self._maker.reference, stack) if derived else self.rule
        return versioned(emit.shared_body(rule, stack), self.packaged.version)

    @property
    def newest(self) -> Payload:
        """The body for the newest stack version that the rule fits; {} for a rule without one."""
        fitting = [one.stack for one in self.packaged.fits if one.standing is not Standing.LEFT_OUT]
        return self.body(fitting[-1]) if fitting else {}


@frozen(slots=False)
class Maker:
    """Makes packaged rules of a project's rules; the lock says which versions they have."""

    project: Project
    lock: Lock
    reference: Reference

    @cached_property
    def _full(self) -> dict[StackVersion, Fit]:
        # Nearly all rules fit everywhere; one value stands for all of them.
        return {stack: Fit(stack) for stack in self.project.stack}

    def fits(self, rule: Rule) -> tuple[Fit, ...]:
        """How a rule fits each target of the project, lowest first."""
        needed = needs(rule, self.project.stack[0])
        found = (fit(rule, needed, stack) for stack in self.project.stack)
        return tuple(self._full[one.stack] if one.standing is Standing.FULL else one for one in found)

    def make(self, rule: Rule) -> Made:
        """A rule as a package has it."""
        body = emit.shared_body(rule)
        counted = content_of(rule, body)
        fits = () if rule.deprecated else self.fits(rule)
        has_body = any(one.standing is not Standing.LEFT_OUT for one in fits)
        version = version_of(self.lock, rule, counted.hash, self.project.versions)
        packaged = PackagedRule(
            rule.rule_id,
            rule.name,
            rule.type,
            rule.file,
            counted.hash,
            version=version,
            maturity=rule.metadata.maturity,
            reason=rule.metadata.deprecated_reason,
            replacement=rule.metadata.replacement,
            fits=fits,
            json=f"rules/{PurePosixPath(file_name(rule.rule_id)).stem}.json" if has_body else "",
        )
        return Made(rule, packaged, counted, self, versioned(body, version))


def versioned(body: Payload, version: int | None) -> Payload:
    """A body with a version; without any for None."""
    body.pop("version", None)
    return body if version is None else {**body, "version": version}
