"""The sample pack of the docs room, and pages of packs with templates of their own."""

import shutil
from pathlib import Path

from support.samples import RULE

import rulepack
from rulepack import docs
from rulepack.docs.write import UNMARKED
from rulepack.reference import Reference

SAMPLE = Path(__file__).parent.parent / "data" / "docs" / "pack"
REFERENCE = Reference()


def sample(folder):
    """A copy of the sample pack, loaded."""
    shutil.copytree(SAMPLE, folder, dirs_exist_ok=True)
    return rulepack.load(folder)


def render(pack, flavour="markdown"):
    """The pages for people by path; nothing may be wrong."""
    site = docs.render(pack, REFERENCE, flavour)
    assert site.diagnostics == ()
    return {page.path: page.text for page in site.pages if not page.path.endswith(UNMARKED)}


def pack_of(folder, rules=(RULE,), templates=None, settings=""):
    """A pack of rules with templates of its own, by their names under templates/."""
    (folder / "rulepack.toml").write_text(settings, encoding="utf-8")
    for number, text in enumerate(rules):
        path = folder / "rules" / f"rule_{number}.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for name, text in (templates or {}).items():
        path = folder / "templates" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return rulepack.load(folder)


def named(name, number=1):
    """The sample rule with another name and id."""
    return RULE.replace('name = "Sample"', f"name = '''{name}'''").replace("000000000001", f"{number:012}")
