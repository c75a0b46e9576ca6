"""The briefs of a project's rules, read from its files for commands that show no pages."""

from __future__ import annotations

from dataclasses import replace

from rulepack import loader
from rulepack.cache import digest_of
from rulepack.docs.brief import Brief
from rulepack.exception_list import holds_exceptions
from rulepack.frozen import frozen
from rulepack.project import Project

# What files said, by their content: the same content is the same rule in whatever project.
Known = dict[bytes, Brief | None]


@frozen
class Briefs:
    """The briefs of all rules that can be read, in the order of the files, without versions; and the other files."""

    every: tuple[Brief, ...]
    unread: tuple[str, ...] = ()

    @property
    def active(self) -> tuple[Brief, ...]:
        """Those of rules that are not deprecated."""
        return tuple(brief for brief in self.every if not brief.deprecated)


def read_briefs(project: Project, known: Known | None = None) -> Briefs:
    """The briefs of a project's rules. `known` is what earlier calls have learnt: most files are the same in both."""
    known = {} if known is None else known
    found: list[Brief] = []
    unread = []
    for path in loader.files(project):
        content = loader.read_file(project, path)
        digest = digest_of(content) if isinstance(content, bytes) else b""
        if digest in known:
            brief = known[digest]
            found += [replace(brief, file=project.display(path))] if brief is not None else []
            continue
        loaded = loader.load_file(project, path, content)
        if loaded.rule is not None and not loaded.partial:
            known[digest] = brief = Brief.of(loaded.rule)
            found.append(brief)
        elif loaded.rule is None and loaded.source is not None and holds_exceptions(loaded.source.data):
            known[digest] = None
        else:
            unread.append(loaded.file)
    return Briefs(tuple(found), tuple(unread))
