"""The pages that Elastic published, and ours of the same rules: every fact of theirs is on ours."""

import functools
import json
import re
import tempfile
from collections import Counter
from functools import cache
from pathlib import Path

import pytest
from support.samples import SHARED, needs_shared

from docs import published
from docs.compare import EMPTY, FOUND, GLUED, NO_VALUE, PLUGIN, SETUP, compare
from docs.ours import READERS, Elastic, artefacts, page_of

PAGES = SHARED / "docs" / "published"
INDEX = {
    entry["name"].removeprefix("md__"): entry
    for entry in (json.loads((PAGES / "index.json").read_text(encoding="utf-8")) if PAGES.is_dir() else ())
}

# Every fact of theirs that ours has in another form: on which page, how many, and why.
EXPLAINED = {
    "aws-rds-db-snapshot-created": {NO_VALUE: 1},
    "aws-ssm-sendcommand-with-run-shell-command-parameters": {SETUP: 1},
    "cap-sys-admin-assigned-to-binary": {NO_VALUE: 1, SETUP: 1},
    "external-alerts": {NO_VALUE: 2, SETUP: 1},
    "potential-dga-activity": {NO_VALUE: 1, SETUP: 1, GLUED: 1},
    "prebuilt-rule-0-13-3-rare-aws-error-code": {NO_VALUE: 1},
    "prebuilt-rule-0-14-1-anomalous-linux-compiler-activity": {NO_VALUE: 2},
    "prebuilt-rule-8-17-4-file-with-right-to-left-override-character-rtlo-created-executed": {NO_VALUE: 1},
    "prebuilt-rule-8-4-2-kubernetes-user-exec-into-pod": {NO_VALUE: 1, EMPTY: 1},
    "prebuilt-rule-8-4-3-potential-shadow-credentials-added-to-ad-object": {EMPTY: 1},
    "prebuilt-rule-8-6-1-web-application-suspicious-activity-no-user-agent": {NO_VALUE: 1},
    "privileged-docker-container-creation": {NO_VALUE: 1, SETUP: 1},
    "scheduled-task-created-by-a-windows-script": {NO_VALUE: 1},
    "segfault-detected": {NO_VALUE: 1, SETUP: 1, GLUED: 1},
    "suspicious-pbpaste-high-volume-activity": {PLUGIN: 1, SETUP: 1},
    "suspicious-sysctl-file-event": {NO_VALUE: 1, SETUP: 1},
    "threat-intel-windows-registry-indicator-match": {PLUGIN: 4, SETUP: 1},
    "unusual-discovery-activity-by-user": {NO_VALUE: 1},
    "unusual-high-denied-topic-blocks-detected": {NO_VALUE: 1, SETUP: 1},
    "unusual-process-for-a-windows-host": {NO_VALUE: 1, PLUGIN: 4, SETUP: 1, GLUED: 1},
    "windows-event-logs-cleared": {NO_VALUE: 1},
}


FLAVOURS = sorted(READERS)


@functools.cache
@cache
def pages(name, flavour):
    """Their page, with what people changed on it by hand taken back; the rule; and our page of the same version."""
    entry = INDEX[name]
    theirs = (PAGES / entry["page_file"]).read_text(encoding="utf-8")
    for before, after in entry["hand_edits"]:
        assert after in theirs
        theirs = theirs.replace(after, before)
    toml = (PAGES / entry["rule_file"]).read_text(encoding="utf-8")
    options = {"version": entry["rule_version"], "flavour": flavour, "package": package_of(name) or "1.0.0"}
    with tempfile.TemporaryDirectory() as folder:
        return theirs, toml, page_of(Path(folder), toml, **options)


def package_of(name):
    """The package that a page is of, by its name; None for a page of the rule reference."""
    found = re.match(r"prebuilt-rule-(\d+)-(\d+)-(\d+)-", name)
    return ".".join(found.groups()) if found else None


def facts(name, flavour):
    theirs, _, ours = pages(name, flavour)
    return list(compare(published.read(theirs), READERS[flavour](ours)))


@needs_shared
@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", INDEX)
def test_every_fact_of_a_published_page_is_on_ours(name, flavour):
    found = facts(name, flavour)
    explained = Counter(state for _, state in found if state != FOUND)
    assert explained == EXPLAINED.get(name, {}), [fact for fact in found if fact[1] != FOUND]


@needs_shared
@pytest.mark.parametrize("flavour", FLAVOURS)
def test_so_many_facts_are_found(flavour):
    """Of 1,948 facts on 38 pages, 1,904 are found as they are, and the other 44 as EXPLAINED says."""
    total = Counter(state for name in INDEX for _, state in facts(name, flavour))
    assert (len(INDEX), total[FOUND], sum(total.values())) == (38, 1904, 1948)
    assert total - Counter({FOUND: 1904}) == sum(map(Counter, EXPLAINED.values()), Counter())


@needs_shared
@pytest.mark.parametrize("flavour", FLAVOURS)
@pytest.mark.parametrize("name", INDEX)
def test_no_artefact_of_a_published_page_is_on_ours(name, flavour):
    _, toml, ours = pages(name, flavour)
    assert artefacts(ours, toml, flavour) == []


@needs_shared
@pytest.mark.parametrize("name", [name for name in INDEX if package_of(name)])
def test_a_page_of_a_package_has_the_address_and_the_anchor_that_it_had(name):
    theirs, _, ours = pages(name, "elastic")
    page = Elastic(ours)
    (address,) = re.findall(r"^  - (https://.*)$", theirs, re.MULTILINE)
    assert re.findall(r"^  - (https://.*)$", page.front, re.MULTILINE) == [address]
    assert page.title[1] == name
    assert f" [{name}]\n" in theirs
