"""Builds: what is kept from one to the next saves time, and never shows in what is written."""

import json
import os
import random
import resource
import shutil
import sqlite3

import pytest
from docs.packs import named
from support.locks import begin, commit

import rulepack
from rulepack import api, building
from rulepack.docs import site
from rulepack.errors import OutputError, ProjectError

BOTH = ("markdown", "site")


def put(folder, **texts):
    """A pack of rules by the names of their files."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "rulepack.toml").write_text('name = "acme"\n', encoding="utf-8")
    for name, text in texts.items():
        (folder / "rules" / f"{name}.toml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def pack(tmp_path):
    """A pack of three rules."""
    return put(tmp_path / "pack", a=named("Alpha", 1), b=named("Beta", 2), c=named("Gamma", 3))


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def build(pack, cache=None, **options):
    return building.build(api.project(pack), cache_folder=cache, **options)


def tree(folder):
    """Every file with its bytes."""
    return {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if one.is_file()}


def fresh(pack, **options):
    """The pages of a pack as a build has them that knows nothing."""
    # As far from the rules as docs-out is, or links to them would be others.
    out = pack / "fresh"
    shutil.rmtree(out, ignore_errors=True)
    built = building.build(api.project(pack), out, **options)
    return built, tree(out) if out.is_dir() else {}


def made(monkeypatch):
    """The paths of the pages that are made from here on."""
    found = []
    init = site.Plan.__init__

    def noting(self, *args, **options):
        init(self, *args, **options)
        self.jobs = [type(job)(job.path, job.base, noted(job), job.template) for job in self.jobs]

    def noted(job):
        return lambda: (found.append(job.path), job.make())[1]

    monkeypatch.setattr(site.Plan, "__init__", noting)
    return found


def test_nothing_is_made_again_where_nothing_changed(pack, cache, monkeypatch):
    first = build(pack, cache)
    assert first.written.added
    seen = made(monkeypatch)
    again = build(pack, cache)
    assert seen == []
    assert again.written.unchanged == first.written.added
    assert not again.written.stale
    assert again.validation == first.validation


def test_what_validation_said_is_said_again(pack, cache):
    (pack / "rules" / "a.toml").write_text(
        named("Alpha", 1).replace('severity = "low"', 'severity = "low"\nto = "now-5m"')
    )
    first = build(pack, cache)
    assert build(pack, cache).diagnostics == first.diagnostics
    assert first.diagnostics == build(pack).diagnostics


def test_a_change_of_one_rule_makes_only_the_pages_that_mention_it(pack, cache, monkeypatch):
    build(pack, cache)
    text = (pack / "rules" / "b.toml").read_text(encoding="utf-8")
    (pack / "rules" / "b.toml").write_text(
        text.replace("event.category : process", "event.category : file"), encoding="utf-8"
    )
    seen = made(monkeypatch)
    written = build(pack, cache).written
    assert "rules/beta.md" in written.changed
    assert not {"rules/alpha.md", "rules/gamma.md"} & {*seen, *written.changed}
    # The words of a guide are on the rule's own page only.
    (pack / "rules" / "b.toml").write_text(text.replace("[rule]", '[rule]\nnote = "# Look here"', 1), encoding="utf-8")
    build(pack, cache)
    seen.clear()
    (pack / "rules" / "b.toml").write_text(text.replace("[rule]", '[rule]\nnote = "# Look there"', 1), encoding="utf-8")
    written = build(pack, cache).written
    assert [path for path in written.changed if path.endswith(".md")] == ["rules/beta.md"]
    assert [path for path in seen if path.endswith(".md")] == ["rules/beta.md"]


def test_a_template_that_looks_at_whole_rules_is_made_again_for_any_change(pack, cache):
    own = pack / "templates" / "markdown" / "once" / "guides.md.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{% for view in pack.rules %}{{ view.rule.note }}{% endfor %}", encoding="utf-8")
    text = (pack / "rules" / "b.toml").read_text(encoding="utf-8")
    (pack / "rules" / "b.toml").write_text(text.replace("[rule]", '[rule]\nnote = "Look here"', 1), encoding="utf-8")
    build(pack, cache)
    assert "Look here" in (pack / "docs-out" / "guides.md").read_text(encoding="utf-8")
    (pack / "rules" / "b.toml").write_text(text.replace("[rule]", '[rule]\nnote = "Look there"', 1), encoding="utf-8")
    assert "guides.md" in build(pack, cache).written.changed
    assert "Look there" in (pack / "docs-out" / "guides.md").read_text(encoding="utf-8")


def test_a_list_that_shows_more_than_lists_do_is_made_again_for_that(pack, cache):
    own = pack / "templates" / "markdown" / "each-listing" / "{folder}" / "{slug}.md.j2"
    own.parent.mkdir(parents=True)
    own.write_text(
        "{% macro row(one) %}{{ remembered.keep(one.description, one.file) }}{% endmacro %}"
        "{% for one in listing.briefs %}{{ remembered.get(one.file) or row(one) }}\n{% endfor %}",
        encoding="utf-8",
    )
    build(pack, cache)
    rule = pack / "rules" / "b.toml"
    rule.write_text(rule.read_text(encoding="utf-8").replace("A sample.", "Another."), encoding="utf-8")
    written = build(pack, cache).written
    assert {"all/index.md", "severities/low.md", "types/custom-query.md"} <= set(written.changed)
    assert tree(pack / "docs-out") == fresh(pack)[1]


def test_a_rule_s_first_words_leave_the_index_whole(pack, cache):
    bare = named("Bare", 9).replace('index = ["acme-*"]\n', "").replace("event.category : process", "*:*")
    (pack / "rules" / "bare.toml").write_text(bare, encoding="utf-8")
    build(pack, cache)
    told = bare.replace("[rule]", '[rule]\nnote = "Look here"', 1)
    (pack / "rules" / "bare.toml").write_text(told, encoding="utf-8")
    build(pack, cache)
    assert tree(pack / "docs-out") == fresh(pack)[1]


def test_a_page_that_somebody_changed_is_put_right(pack, cache):
    build(pack, cache)
    page = pack / "docs-out" / "rules" / "alpha.md"
    right = page.read_bytes()
    page.write_bytes(right.replace(b"Alpha", b"Omega"))
    assert build(pack, cache, dry_run=True).written.changed == ("rules/alpha.md",)
    assert build(pack, cache).written.changed == ("rules/alpha.md",)
    assert page.read_bytes() == right
    page.unlink()
    assert build(pack, cache).written.added == ("rules/alpha.md",)
    assert page.read_bytes() == right


def test_a_stray_page_goes_and_a_foreign_file_stays(pack, cache):
    build(pack, cache)
    out = pack / "docs-out"
    (out / "rules" / "stray.md").write_bytes((out / "rules" / "alpha.md").read_bytes())
    (out / "mine.md").write_text("# Mine\n", encoding="utf-8")
    (out / "data.json").write_text("{}", encoding="utf-8")
    assert build(pack, cache).written.removed == ("rules/stray.md",)
    assert (out / "mine.md").is_file()
    assert (out / "data.json").is_file()


@pytest.mark.parametrize("path", ["coverage/coverage.json", "coverage/coverage.csv"])
def test_a_file_that_cannot_carry_the_mark_is_known_by_name(pack, cache, path):
    out = pack / "docs-out"
    (out / path).parent.mkdir(parents=True)
    (out / path).write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="was not written by rulepack"):
        build(pack, cache)
    assert tree(out) == {path: b"mine"}
    (out / path).unlink()
    build(pack, cache)
    (out / path).write_text("changed", encoding="utf-8")
    assert build(pack, cache).written.changed == (path,)
    shutil.rmtree(pack / "rules")
    put(pack, a=named("Alpha", 1))
    build(pack, cache)
    assert path in (out / ".rulepack-pages").read_text(encoding="utf-8")


def test_another_setting_template_or_folder_makes_all_again(pack, cache, monkeypatch, tmp_path):
    build(pack, cache)
    seen = made(monkeypatch)
    (pack / "rulepack.toml").write_text('name = "other"\n', encoding="utf-8")
    assert "index.md" in build(pack, cache).written.changed
    assert "rules/alpha.md" in seen
    seen.clear()
    own = pack / "templates" / "markdown" / "parts" / "rule.md.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{% macro body(view) %}own{% endmacro %}", encoding="utf-8")
    assert "rules/alpha.md" in build(pack, cache).written.changed
    seen.clear()
    build(pack, cache, out=tmp_path / "elsewhere")
    assert "rules/alpha.md" in seen


def test_an_error_leaves_every_page_as_it_was(pack, cache):
    build(pack, cache)
    before = tree(pack / "docs-out")
    rule = pack / "rules" / "b.toml"
    text = rule.read_text(encoding="utf-8")
    rule.write_text(text.replace('severity = "low"', 'severity = "lowest"'), encoding="utf-8")
    for _ in range(2):
        built = build(pack, cache)
        assert built.validation.failed
        assert built.written == rulepack.Written()
        assert tree(pack / "docs-out") == before
    rule.write_text(text.replace("Beta", "Delta"), encoding="utf-8")
    own = pack / "templates" / "markdown" / "once" / "zz.md.j2"
    own.parent.mkdir(parents=True)
    own.write_text("{{ pack.nothing }}", encoding="utf-8")
    for _ in range(2):
        built = build(pack, cache)
        assert [(one.code.id, str(one.span)) for one in built.written.diagnostics] == [
            ("RP602", "templates/markdown/once/zz.md.j2:1:1")
        ]
        assert tree(pack / "docs-out") == before


def test_a_full_disk_leaves_every_page_as_it_was(pack, cache):
    build(pack, cache)
    before = tree(pack / "docs-out")
    for name in "abc":
        rule = pack / "rules" / f"{name}.toml"
        rule.write_text(rule.read_text(encoding="utf-8").replace("name = '''", "name = '''Other "), encoding="utf-8")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(OutputError, match="cannot write"):
            build(pack)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert tree(pack / "docs-out") == before
    assert build(pack, cache).written.stale


@pytest.mark.parametrize("harm", ["text", "json", "rows", "empty"])
def test_a_damaged_cache_costs_time_only(pack, cache, harm):
    build(pack, cache)
    (file,) = cache.glob("*-pages.sqlite")
    if harm in ("text", "empty"):
        file.write_bytes(b"" if harm == "empty" else b"no database")
    else:
        with sqlite3.connect(file) as db:
            wrong = "{" if harm == "json" else json.dumps({"rules/alpha.md": 7})
            db.execute("UPDATE said SET answer = ?", (wrong,))
    (pack / "rules" / "b.toml").write_text(named("Delta", 2), encoding="utf-8")
    build(pack, cache)
    assert tree(pack / "docs-out") == fresh(pack)[1]


@pytest.mark.parametrize("steps", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_after_any_changes_the_pages_are_those_of_a_build_that_knows_nothing(tmp_path, cache, steps):
    pack = put(tmp_path / "pack", **{f"r{number}": named(f"Rule {number}", number) for number in range(6)})
    seed = int(os.environ.get("RULEPACK_SEED", "7"))
    chance = random.Random(seed)
    for step in range(steps):
        for _ in range(chance.randrange(3)):
            _change(pack, chance, step)
        built, expected = build(pack, cache), fresh(pack)
        assert built.diagnostics == expected[0].diagnostics, (seed, step)
        assert tree(pack / "docs-out") == expected[1], (seed, step)


def _change(pack, chance, step):
    """One change of those that happen to packs."""
    files = sorted((pack / "rules").glob("*.toml"))
    file = chance.choice(files)
    text = file.read_text(encoding="utf-8")
    kind = chance.randrange(8)
    if kind == 0:
        number = 100 + step * 10 + chance.randrange(9)
        (pack / "rules" / f"n{number}.toml").write_text(named(f"New {number}", number), encoding="utf-8")
    elif kind == 1 and len(files) > 2:
        file.unlink()
    elif kind == 2:
        file.write_text(
            text.replace("severity = ", f'tags = ["OS: Linux", "T {step}"]\nseverity = ', 1)
            if "tags" not in text
            else text
        )
    elif kind == 3:
        file.write_text(text.replace("name = '''", f"name = '''{step} "))
    elif kind == 4:
        api_lock(pack)
    elif kind == 5:
        page = chance.choice(sorted((pack / "docs-out").rglob("*.md")) or [None])
        if page is not None:
            page.write_bytes(page.read_bytes() + b"\n<!-- Written by rulepack; changes here are overwritten. -->\n")
    elif kind == 6:
        file.write_text(
            text.replace("[metadata]", '[metadata]\nmaturity = "deprecated"', 1) if "maturity" not in text else text
        )
    else:
        (pack / "rulepack.toml").write_text(f'name = "acme {step}"\n', encoding="utf-8")


def api_lock(pack):
    """Give every rule that changed its next version, as `rulepack lock` does."""
    from click.testing import CliRunner

    from rulepack.cli.main import rulepack as group

    CliRunner().invoke(group, ["lock", "--project", str(pack)], standalone_mode=False)


# --- what is not to be touched


def test_one_half_leaves_the_other_alone(pack, cache):
    build(pack, cache)
    before = tree(pack / "docs-out")
    for half in (("site",), ("markdown",)):
        written = build(pack, cache, flavours=half).written
        assert not written.stale
        assert tree(pack / "docs-out") == before
        assert not build(pack, flavours=half, dry_run=True).written.stale
    shutil.rmtree(pack / "docs-out" / "site")
    build(pack, flavours=("site",))
    assert tree(pack / "docs-out") == before


def test_pages_of_another_build_in_a_folder_below_stay(pack):
    below = pack / "docs-out" / "old"
    build(pack, out=below)
    before = tree(below)
    build(pack)
    assert tree(below) == before


def test_pages_are_not_put_around_the_pack(pack, tmp_path):
    for out in (pack, tmp_path):
        with pytest.raises(OutputError, match="has the pack itself in it"):
            build(pack, out=out)


def test_what_a_stopped_build_left_behind_goes_after_a_while(pack):
    build(pack)
    left = [pack / "docs-out" / f".rulepack-new-{number}" for number in range(2)]
    for one in left:
        one.mkdir()
    os.utime(left[0], (1, 1))
    (pack / "rules" / "b.toml").write_text(named("Delta", 2), encoding="utf-8")
    build(pack)
    assert [one.exists() for one in left] == [False, True]


@pytest.mark.parametrize(("name", "code"), [("logo.png", "RP605"), ("own.css", "RP604")])
def test_a_static_file_that_is_no_text_is_said(pack, name, code):
    place = pack / "templates" / "site" / "static" / name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"\x89\xff\xfe")
    (found,) = build(pack).written.diagnostics
    assert (found.code.id, found.span.file) == (code, f"templates/site/static/{name}")
    assert not (pack / "docs-out").exists()


def test_links_to_rules_lead_there_wherever_the_pages_are(pack):
    build(pack, out=pack / "a" / "b")
    page = (pack / "a" / "b" / "rules" / "alpha.md").read_text(encoding="utf-8")
    assert "](../../../rules/a.toml)" in page


def test_pages_of_a_revision_are_not_made_of_other_rules(pack):
    begin(pack)
    commit(pack, "Begin")
    assert build(pack, source_rev="HEAD").written.added
    (pack / "rules" / "b.toml").write_text(named("Delta", 2), encoding="utf-8")
    with pytest.raises(ProjectError, match="not as in"):
        build(pack, source_rev="HEAD")
