"""Rules in brief, read from files for commands: what is no rule, and what was read before."""

from support.locks import put, rule_text
from support.samples import EXCEPTIONS

from rulepack.docs.briefs import read_briefs


def test_rules_and_files_that_cannot_be_read(tmp_path):
    texts = {1: rule_text(1), 2: rule_text(2, reason="Old."), 3: "[rule", 4: rule_text(4).replace('"low"', '"hihg"')}
    found = read_briefs(put(tmp_path, {**texts, "rules/lists.toml": EXCEPTIONS}))
    assert [one.name for one in found.every] == ["Sample 1", "Sample 2"]
    assert [one.name for one in found.active] == ["Sample 1"]
    assert found.unread == ("rules/rule_3.toml", "rules/rule_4.toml")


def test_the_same_content_is_read_once(tmp_path):
    known = {}
    first = read_briefs(put(tmp_path / "a", {1: rule_text(1), "rules/lists.toml": EXCEPTIONS}), known)
    assert len(known) == 2
    again = read_briefs(put(tmp_path / "b", {"rules/else.toml": rule_text(1), "rules/lists.toml": EXCEPTIONS}), known)
    assert len(known) == 2
    assert [one.file for one in again.every] == ["rules/else.toml"]
    assert [one.name for one in again.every] == [one.name for one in first.every]
