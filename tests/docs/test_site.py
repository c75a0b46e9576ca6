"""Which pages there are: the template tree is the plan, and a pack's own templates win, file by file."""

import os
import subprocess
import sys

import pytest
from support.samples import RULE

import rulepack
from docs.packs import REFERENCE, SAMPLE, named, pack_of, render, sample
from docs.reading import parts
from rulepack import docs
from rulepack.docs.markdown import anchor
from rulepack.docs.write import MARKS, UNMARKED
from rulepack.errors import ProjectError
from rulepack.project import FLAVOURS

EXPECTED, ELASTIC = (
    sorted(
        path.relative_to(SAMPLE.parent / name).as_posix()
        for path in (SAMPLE.parent / name).rglob("*.*")
        if path.is_file()
    )
    for name in ("expected", "expected-elastic")
)


def found(pack):
    """Code, place and message of everything that is wrong with the templates."""
    return [(one.code.id, str(one.span), one.message) for one in docs.render(pack, REFERENCE).diagnostics]


# --- the pages


def test_the_pages_of_the_sample_pack_look_like_this(tmp_path, golden):
    pages = render(sample(tmp_path))
    for path, text in pages.items():
        golden(f"docs/expected/{path}", text)
    assert sorted(pages) == EXPECTED


def test_the_pages_of_the_sample_pack_look_like_this_in_elastics_documentation(tmp_path, golden):
    pages = render(sample(tmp_path), "elastic")
    for path, text in pages.items():
        golden(f"docs/expected-elastic/{path}", text)
    assert sorted(pages) == ELASTIC


def test_there_is_a_page_for_each_rule_an_index_and_a_coverage_page(tmp_path):
    pack = sample(tmp_path)
    pages = render(pack)
    assert {"index.md", "coverage.md"} < set(pages)
    assert len([path for path in pages if path.startswith("rules/")]) == len(pack.rules)
    assert [path for path in pages if path.startswith("rules/deprecated/")] == ["rules/deprecated/failures-by-user.md"]


def test_the_same_pack_gives_the_same_pages_in_any_order(tmp_path):
    pack = sample(tmp_path)
    turned = docs.render(rulepack.Pack(pack.project, pack.rules[::-1]), REFERENCE)
    assert turned == docs.render(pack, REFERENCE)
    assert [page.path for page in turned.pages] == sorted(page.path for page in turned.pages)


def test_the_same_pack_gives_the_same_bytes_everywhere(tmp_path):
    sample(tmp_path / "here")
    program = """
import hashlib, sys
import rulepack
from rulepack import docs
pages = docs.render(rulepack.load(sys.argv[1]), None, "markdown", "site").pages
print(hashlib.sha256("".join(page.path + page.text for page in pages).encode()).hexdigest())
"""
    digests = set()
    for seed, zone, language, folder in (("0", "UTC", "C", "/"), ("1", "Asia/Tokyo", "C.UTF-8", tmp_path)):
        surroundings = {**os.environ, "PYTHONHASHSEED": seed, "TZ": zone, "LC_ALL": language}
        command = [sys.executable, "-c", program, str(tmp_path / "here")]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder, env=surroundings)
        digests.add(done.stdout)
    assert len(digests) == 1


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_pages_have_no_foreign_html_and_no_dead_link(flavour, tmp_path):
    pages = render(sample(tmp_path), flavour)
    for path, text in pages.items():
        here = path.rpartition("/")[0]
        for part in parts(text) if path.endswith(".md") else ():
            if part.kind == "html":
                assert path == "coverage.md"
                assert part.text.startswith(("<details>", "</details>"))
            for target in part.links:
                if not target.startswith(("http", "#")):
                    place = os.path.normpath(f"docs-out/{here}/{target.split('#')[0]}")
                    known = place.removeprefix("docs-out/") in pages or place.endswith(UNMARKED)
                    assert known or (tmp_path / place).is_file(), (path, target)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_the_links_within_a_page_lead_somewhere(flavour, tmp_path):
    for path, text in render(sample(tmp_path), flavour).items():
        headings = [part.text for part in parts(text) if part.kind == "heading"]
        anchors = {anchor(heading) for heading in headings}
        wanted = {target[1:] for part in parts(text) for target in part.links if target.startswith("#")}
        assert wanted <= anchors, path


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_nothing_says_none(flavour, tmp_path):
    for path, text in render(sample(tmp_path), flavour).items():
        for part in parts(text):
            assert "None" not in part.text.split(), (path, part)
            assert part.kind == "cell" or part.text, (path, part)


def test_an_empty_pack_of_active_rules_says_so(tmp_path):
    pages = render(pack_of(tmp_path, [RULE.replace('"production"', '"deprecated"')]))
    assert "There is no active rule in this pack." in pages["index.md"]
    assert "0 active rules" in pages["coverage.md"]


def test_a_source_address_makes_links_to_it(tmp_path):
    pages = render(pack_of(tmp_path, settings='source_url = "https://e.org/blob/main/"'))
    assert "[rules/rule_0.toml](https://e.org/blob/main/rules/rule_0.toml)" in pages["rules/sample.md"]


def test_links_to_files_fit_the_folder_of_the_pages(tmp_path):
    pages = render(pack_of(tmp_path, settings='docs = "site/pages"'))
    assert "(../../../rules/rule_0.toml)" in pages["rules/sample.md"]


# --- templates of a pack


def test_a_template_of_the_pack_wins_over_the_same_of_ours(tmp_path):
    pack = pack_of(tmp_path, templates={"markdown/once/index.md.j2": "{{ pack.name }}: {{ pack.rules | length }}\n\n"})
    pages = render(pack)
    assert pages["index.md"] == f"{tmp_path.name}: 1\n"
    assert "coverage.md" in pages


def test_a_template_that_shows_the_pack_itself_shows_no_paths(tmp_path):
    pages = render(pack_of(tmp_path, templates={"markdown/once/a.md.j2": "{{ pack }}"}))
    assert pages["a.md"] == f"PackView({tmp_path.name!r})\n"


def test_a_template_of_the_pack_can_use_parts_of_ours(tmp_path):
    template = '{% import "parts/rule.md.j2" as parts %}# Mine\n{{ parts.body(view) }}'
    pages = render(pack_of(tmp_path, templates={"markdown/each-rule/mine/{slug}.md.j2": template}))
    assert pages["mine/sample.md"].startswith("# Mine\nA sample.")


def test_each_flavour_has_templates_of_its_own_and_the_parts_of_the_first(tmp_path):
    templates = {
        "markdown/once/index.md.j2": "mine",
        "elastic/once/index.md.j2": '{% import "parts/said.md.j2" as parts %}{{ parts.said() }}, {{ pack.version }}',
        "markdown/parts/said.md.j2": "{% macro said() %}hello{% endmacro %}",
    }
    pack = pack_of(tmp_path, templates=templates, settings='version = "1.0"')
    assert render(pack)["index.md"] == "mine\n"
    assert render(pack, "elastic")["index.md"] == "hello, 1.0\n"


def test_a_flavour_that_names_pages_by_the_packs_version_needs_one(tmp_path):
    with pytest.raises(ProjectError) as error:
        render(pack_of(tmp_path), "elastic")
    assert error.value.message == "pages are to have the pack's version in their names, and the pack has none"
    assert error.value.hint == 'set `version = "1.0.0"` in [tool.rulepack]'


def test_any_kind_of_text_page_can_be_made(tmp_path):
    templates = {f"markdown/once/page{kind}.j2": "x" for kind in MARKS}
    pages = render(pack_of(tmp_path, templates=templates))
    assert {f"page{kind}" for kind in MARKS} <= set(pages)


def test_html_templates_escape_by_themselves(tmp_path):
    pages = render(pack_of(tmp_path, [named("<b>&")], {"markdown/each-rule/x/{slug}.html.j2": "{{ view.rule.name }}"}))
    assert pages["x/b.html"] == "&lt;b&gt;&amp;\n"


@pytest.mark.parametrize(
    ("name", "text", "code", "place", "message"),
    [
        ("once/a.md.j2", "ok\n{% if %}", "RP601", "once/a.md.j2:2:1", "Expected an expression"),
        ("once/a.md.j2", "a\n\n  {{ pack.nam }}", "RP602", "once/a.md.j2:3:3", "has no attribute 'nam'"),
        ("once/a.md.j2", "{{ nothing }}", "RP602", "once/a.md.j2:1:1", "'nothing' is undefined"),
        ("once/a.md.j2", "\n{{ 1 // 0 }}", "RP604", "once/a.md.j2:2:1", "ZeroDivisionError"),
        ("once/a.md.j2", '{% include "parts/no.j2" %}', "RP604", "once/a.md.j2:1:1", "no template parts/no.j2"),
        ("once/a.md.j2", '{% include "/etc/passwd" %}', "RP604", "once/a.md.j2:1:1", "no template /etc/passwd"),
        ("once/a.md.j2", '{% include "../../rulepack.toml" %}', "RP604", "once/a.md.j2:1:1", "there is no template"),
        ("once/a.md.j2", "{{ 1 | nofilter }}", "RP601", "once/a.md.j2:1:1", "No filter named 'nofilter'"),
        ("once/coverage.md.j2", "{% for x in 3 %}{% endfor %}", "RP604", "once/coverage.md.j2:1:1", "TypeError"),
        ("each-rule/a/{slug}.md.j2", "{{ view.x }}", "RP602", "each-rule/a/{slug}.md.j2:1:1", "rules/rule_0.toml"),
        ("each-tactic/{slug}.md.j2", "", "RP605", "each-tactic/{slug}.md.j2:1:1", "how often to render"),
        ("once/{slug}.md.j2", "", "RP605", "once/{slug}.md.j2:1:1", "how often to render"),
        ("each-rule/a.md.j2", "", "RP605", "each-rule/a.md.j2:1:1", "how often to render"),
        ("a.md.j2", "", "RP605", "a.md.j2:1:1", "how often to render"),
        ("once/a.exe.j2", "", "RP605", "once/a.exe.j2:1:1", "this kind of page"),
        ("once/a.j2", "", "RP605", "once/a.j2:1:1", "this kind of page"),
        ("once/rules/sample.md.j2", "", "RP603", "once/rules/sample.md.j2:1:1", "already written by"),
        ("once/INDEX.md.j2", "", "RP603", "once/index.md.j2:1:1", "already written by"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_template_is_said_at_its_place(tmp_path, name, text, code, place, message):
    pack = pack_of(tmp_path, templates={f"markdown/{name}": text})
    ((its_code, its_place, its_message),) = found(pack)
    assert its_code == code
    assert its_place.endswith(place)
    assert message in its_message
    assert docs.render(pack, REFERENCE).failed


def test_a_template_outside_the_folder_of_its_kind_is_misplaced(tmp_path):
    pack = pack_of(tmp_path, templates={"index.md.j2": "", "html/once/a.md.j2": ""})
    assert found(pack) == [
        ("RP605", "templates/html/once/a.md.j2:1:1", "html/once/a.md.j2 is not in the folder markdown/"),
        ("RP605", "templates/index.md.j2:1:1", "index.md.j2 is not in the folder markdown/"),
    ]


def test_an_error_in_a_part_is_said_at_its_place_there(tmp_path):
    templates = {"markdown/parts/x.md.j2": "a\n{{ y }}", "markdown/once/a.md.j2": '{% include "parts/x.md.j2" %}'}
    ((code, place, _),) = found(pack_of(tmp_path, templates=templates))
    assert (code, place) == ("RP602", "templates/markdown/parts/x.md.j2:2:1")


def test_every_template_that_is_wrong_is_said_at_once(tmp_path):
    pack = pack_of(tmp_path, templates={f"markdown/once/{name}.md.j2": "{{ x }}" for name in "abc"})
    assert len(found(pack)) == 3


def test_a_template_that_cannot_be_read_is_said(tmp_path):
    pack = pack_of(tmp_path, templates={"markdown/once/a.md.j2": ""})
    (tmp_path / "templates/markdown/once/a.md.j2").write_bytes(b"\xff")
    ((code, place, message),) = found(pack)
    assert (code, place) == ("RP604", "templates/markdown/once/a.md.j2:1:1")
    assert "UnicodeDecodeError" in message


# --- pages of one name


@pytest.mark.parametrize("others", [("Café", "Cafe\u0301"), ("A & B", "a / b"), ("ÄRGER", "ärger")])
def test_two_rules_with_one_page_are_refused(tmp_path, others):
    pack = pack_of(tmp_path, [named(name, number) for number, name in enumerate(others)])
    assert "RP504" in [one.code.id for one in pack.diagnostics]
    ((code, _, message),) = found(pack)
    assert code == "RP603"
    assert "is already written by" in message


def test_a_very_long_name_makes_a_page(tmp_path):
    written = rulepack.build(pack_of(tmp_path, [named("Long " * 80), named("Long " * 80 + "2", 2)]))
    assert len([path for path in written.added if path.startswith("rules/")]) == 2
    assert all(len(path.rpartition("/")[2]) < 130 for path in written.added)


# --- what a template cannot do

SECRETS = [
    "{{ pack._pack }}",
    "{{ pack._pack.project.root.joinpath('rulepack.toml').read_text() }}",
    "{{ pack.__class__.__mro__ }}",
    "{{ pack.rules[0].__init__.__globals__ }}",
    "{{ ''.__class__.__base__.__subclasses__() }}",
    "{{ self.__init__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ lipsum.__globals__ }}",
    "{{ '%s' | attr('__class__') }}",
    "{{ pack | attr('_pack') }}",
    "{{ pack['_pack'] }}",
    "{{ [pack] | map(attribute='_pack.project.root') | list }}",
    "{{ '{0.__class__}'.format(pack) }}",
    "{{ (pack.rules[0].facts()).gi_frame }}",
    "{{ pack.rules.append(1) }}",
    "{{ [].append(1) }}",
    "{{ range(10000000) | list }}",
]


@pytest.mark.parametrize("template", SECRETS)
def test_a_template_cannot_get_out_of_its_sandbox(tmp_path, template):
    (tmp_path / "rulepack.toml").write_text("# secret", encoding="utf-8")
    pack = pack_of(tmp_path, templates={"markdown/each-rule/x/{slug}.md.j2": template})
    assert [code for code, _, _ in found(pack)] in (["RP602"], ["RP604"], ["RP606"])


@pytest.mark.parametrize("linked", ["templates/markdown/once/a.md.j2", "templates/markdown/once", "templates"])
def test_a_template_cannot_be_a_link_out_of_the_project(tmp_path, linked):
    outside, project = tmp_path / "outside", tmp_path / "project"
    (outside / "markdown" / "once").mkdir(parents=True)
    secret = outside / "markdown" / "once" / "a.md.j2"
    secret.write_text("secret", encoding="utf-8")
    project.mkdir()
    pack = pack_of(project)
    targets = {3: outside / "markdown" / "once", 4: secret, 1: outside}
    link = project / linked
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(targets[len(link.relative_to(project).parts)])
    site = docs.render(pack, REFERENCE)
    assert not any("secret" in page.text for page in site.pages)
    assert {one.code.id for one in site.diagnostics} <= {"RP605"}


def test_texts_of_rules_are_never_templates(tmp_path):
    rule = RULE.replace("A sample.", "{{ pack.name }} {% for x in y %} {# no #}").replace(
        "[metadata]", "[metadata]", 1
    ) + 'note = """\n## {{ view }}\n\n{% raw %} {{ user.name }}\n"""\n'  # fmt: skip
    page = render(pack_of(tmp_path, [rule]))["rules/sample.md"]
    for words in ("{{ pack.name }} {% for x in y %} {# no #}", "### {{ view }}", "{% raw %} {{ user.name }}"):
        assert words in page
