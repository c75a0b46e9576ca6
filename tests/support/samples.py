"""Sample rules, and packs made of texts."""

from pathlib import Path

import pytest

import rulepack
from rulepack import schema
from rulepack.rule import RULE_TYPES

ROOT = Path(__file__).parent.parent.parent
SHARED = ROOT.parent / "shared"
VALID = ROOT / "tests" / "data" / "rules" / "valid"

needs_shared = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared (public rules and schemas) is not here")

RULE = """\
[metadata]
creation_date = "2026/01/01"
maturity = "production"
updated_date = "2026/01/02"

[rule]
description = "A sample."
index = ["acme-*"]
language = "kuery"
name = "Sample"
risk_score = 21
rule_id = "00000000-0000-4000-8000-000000000001"
severity = "low"
type = "query"
query = '''
event.category : process
'''
"""

EXCEPTIONS = """\
[metadata]
creation_date = "2026/01/01"
updated_date = "2026/01/02"

[[exceptions]]
[exceptions.container]
list_id = "known-scanners"
name = "Known scanners"
description = "Hosts of our vulnerability scanner."
type = "detection"

[[exceptions.items]]
item_id = "scanner-1"
name = "Scanner one"
description = "Weekly scan."
type = "simple"

[[exceptions.items.entries]]
field = "host.name"
type = "match"
operator = "included"
value = "scan-01"
"""


def another(name, number, category):
    """The sample rule under another name and id, looking for events of another category."""
    text = RULE.replace('"Sample"', f'"{name}"').replace("000000000001", f"{number:012}")
    return text.replace("event.category : process", f"event.category : {category}")


def searching(query, language="kuery", index='"acme-*"', more="", number=1):
    """The sample rule with a query of a language; its type follows from that. `more` are lines of its [rule] table."""
    kind = language if language in {"eql", "esql"} else "query"
    text = RULE.replace('type = "query"', f'type = "{kind}"').replace('language = "kuery"', f'language = "{language}"')
    lines = "" if language == "esql" else f"index = [{index}]\n"
    text = text.replace('index = ["acme-*"]\n', lines + more).replace("000000000001", f"{number:012}")
    return text.replace('"Sample"', f'"Sample {number}"').replace("event.category : process", query)


def valid_text(rule_type):
    """The smallest rule file of a type."""
    return (VALID / f"{rule_type}.toml").read_text(encoding="utf-8")


def make_pack(folder, *texts, settings="", **named):
    """A project in a folder with a rule file for each text (`rule_0.toml`, ... or by name), loaded and checked."""
    (folder / "rulepack.toml").write_text(settings, encoding="utf-8")
    rules = folder / "rules"
    rules.mkdir(exist_ok=True)
    for name, text in {**{f"rule_{number}": text for number, text in enumerate(texts)}, **named}.items():
        (rules / f"{name}.toml").write_text(text, encoding="utf-8")
    return rulepack.load(folder)


def codes(pack):
    """The codes of all diagnostics, in order."""
    return [found.code.id for found in pack.diagnostics]


def body_to_rule(body):
    """A body for Kibana as a model, and the problems of its shape."""
    return schema.parse(RULE_TYPES[body["type"]], body)
