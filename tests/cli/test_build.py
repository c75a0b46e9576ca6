"""`rulepack build`: pages written, compared, and left alone."""

import json
import re

import pytest
from support.console import run
from support.samples import RULE, another, make_pack

from rulepack import project as settings
from rulepack.cli import build
from rulepack.docs.write import MARKS

OTHER = another("Other", 2, "file")
PAGES = ["coverage.md", "index.md", "rules/other.md", "rules/sample.md"]
COUNT = re.compile(r"[0-9,]+ pages")


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """A project with two rules, and the shell in it."""
    make_pack(tmp_path, sample=RULE, other=OTHER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pages(folder):
    """The Markdown pages that these tests are about: all but those that list rules by what they have in common."""
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*.md"))
    return sorted(path for path in found if path.startswith("rules/") or path in PAGES)


def summary(ran):
    """The last line, how many pages there are left out."""
    return COUNT.sub("N pages", ran.stdout.splitlines()[-1])


def test_pages_are_written_and_counted(project):
    ran = run("build")
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert re.fullmatch(r"N pages in docs-out/: \d+ new", summary(ran))
    assert pages(project / "docs-out") == PAGES
    for page in PAGES:
        assert (project / "docs-out" / page).read_text(encoding="utf-8").endswith(f"\n\n{MARKS['.md']}\n")


def test_a_second_run_changes_nothing(project):
    run("build")
    before = {page: (project / "docs-out" / page).stat().st_mtime_ns for page in PAGES}
    ran = run("build")
    assert (ran.exit_code, summary(ran)) == (0, "N pages in docs-out/: nothing changed")
    assert {page: (project / "docs-out" / page).stat().st_mtime_ns for page in PAGES} == before


def test_a_changed_rule_changes_its_pages(project):
    run("build")
    make_pack(project, sample=RULE.replace("A sample.", "A better sample."))
    ran = run("build")
    assert re.fullmatch(r"N pages in docs-out/: \d+ changed", summary(ran))
    assert "A better sample." in (project / "docs-out" / "rules" / "sample.md").read_text(encoding="utf-8")


def test_the_page_of_a_removed_rule_goes(project):
    run("build")
    (project / "rules" / "other.toml").unlink()
    ran = run("build")
    assert ran.exit_code == 0
    assert re.fullmatch(r"N pages in docs-out/: \d+ changed, \d+ removed", summary(ran))
    assert pages(project / "docs-out") == ["coverage.md", "index.md", "rules/sample.md"]


def test_a_renamed_rule_has_its_page_elsewhere(project):
    run("build")
    make_pack(project, sample=RULE.replace('"Sample"', '"Renamed"'))
    assert " new, " in summary(run("build"))
    assert pages(project / "docs-out") == ["coverage.md", "index.md", "rules/other.md", "rules/renamed.md"]


def test_files_of_others_stay(project):
    run("build")
    mine = project / "docs-out" / "rules" / "mine.md"
    mine.write_text("# Mine\n", encoding="utf-8")
    (project / "docs-out" / "CNAME").write_text("rules.example.com\n", encoding="utf-8")
    for path in (project / "rules").iterdir():
        if path.stem == "other":
            path.unlink()
    run("build")
    assert mine.read_text(encoding="utf-8") == "# Mine\n"
    assert (project / "docs-out" / "CNAME").exists()
    assert run("build", "--check").exit_code == 0


def test_a_file_of_another_in_the_way_stops_it(project):
    (project / "docs-out" / "rules").mkdir(parents=True)
    mine = project / "docs-out" / "rules" / "sample.md"
    mine.write_text("# Mine\n", encoding="utf-8")
    ran = run("build")
    assert ran.exit_code == 3
    assert "docs-out/rules/sample.md was not written by rulepack" in ran.stderr
    assert pages(project / "docs-out") == ["rules/sample.md"]


def test_check_says_that_all_is_current():
    run("build")
    ran = run("build", "--check")
    assert (ran.exit_code, summary(ran)) == (0, "N pages in docs-out/: nothing changed")


def test_check_lists_what_is_not(project):
    run("build")
    (project / "rules" / "other.toml").unlink()
    make_pack(project, sample=RULE.replace("A sample.", "A better sample."), third=OTHER.replace("Other", "Third"))
    before = {page: (project / "docs-out" / page).read_bytes() for page in PAGES}
    ran = run("build", "--check")
    assert (ran.exit_code, ran.stderr) == (1, "")
    lines = ran.stdout.splitlines()
    said = summary(ran)
    assert said == "docs-out/ is out of date: N pages. Run `rulepack build` and commit the result."
    for line in (
        "  missing: docs-out/rules/third.md",
        "  out of date: docs-out/index.md",
        "  out of date: docs-out/rules/sample.md",
        "  no longer needed: docs-out/rules/other.md",
    ):
        assert line in lines
    assert {page: (project / "docs-out" / page).read_bytes() for page in PAGES} == before
    assert pages(project / "docs-out") == PAGES


def test_check_before_the_first_build(project):
    ran = run("build", "--check")
    assert (ran.exit_code, summary(ran).partition(".")[0]) == (1, "docs-out/ is out of date: N pages")
    assert not (project / "docs-out").exists()


def test_check_of_one_page(project):
    run("build")
    (project / "docs-out" / "rules" / "sample.md").unlink()
    assert summary(run("build", "--check")).startswith("docs-out/ is out of date: 1 page. ")


def test_check_does_not_fill_the_screen(project):
    make_pack(
        project,
        **{f"r{n}": RULE.replace("000000000001", f"{n + 1000:012}").replace("Sample", f"R {n}") for n in range(50)},
    )
    ran = run("build", "--check")
    listed = [line for line in ran.stdout.splitlines() if line.startswith("  missing: ")]
    assert len(listed) == 40
    assert re.search(r"\n  and \d+ more\n", ran.stdout)


def test_an_error_keeps_every_page_from_being_written(project):
    make_pack(project, broken=RULE.replace('"low"', '"hihg"'))
    ran = run("build")
    assert ran.exit_code == 1
    assert "RP101" in ran.stdout
    assert ran.stderr == "no page was written, because of the errors above\n"
    assert not (project / "docs-out").exists()
    assert run("build", "--check").exit_code == 1


def test_an_error_in_a_template_keeps_every_page_from_being_written(project):
    template = project / "templates" / "markdown" / "once" / "index.md.j2"
    template.parent.mkdir(parents=True)
    template.write_text("{{ pack.nmae }}\n", encoding="utf-8")
    ran = run("build")
    assert ran.exit_code == 1
    assert "templates/markdown/once/index.md.j2:1:1: error[RP602]" in ran.stdout
    assert not (project / "docs-out").exists()


def test_a_warning_writes_the_pages_and_fails_only_if_asked_to(project):
    make_pack(project, sample=RULE.replace('maturity = "production"\n', ""))
    assert run("build", "--fail-on", "warning").exit_code == 1
    assert pages(project / "docs-out") == PAGES
    assert run("build").exit_code == 0


@pytest.mark.parametrize("format_name", ["json", "sarif", "github", "junit", "markdown"])
def test_what_a_program_reads_is_not_mixed_with_words(format_name, project):
    make_pack(project, sample=RULE.replace('maturity = "production"\n', ""))
    ran = run("build", "--format", format_name)
    assert ran.exit_code == 0
    assert re.fullmatch(r"\d+ pages in docs-out/: \d+ new\n", ran.stderr)
    assert ran.stdout == run("validate", "--format", format_name).stdout
    if format_name == "json":
        assert json.loads(ran.stdout)["summary"]["warnings"] == 1


def test_a_report_in_a_file_leaves_the_screen_to_the_summary(project):
    ran = run("build", "--format", "json", "--output", "report.json")
    assert re.fullmatch(r"\d+ pages in docs-out/: \d+ new\n", ran.stdout)
    assert ran.stderr.endswith("no problems: see report.json\n")
    assert json.loads((project / "report.json").read_text(encoding="utf-8"))["summary"]["rules"] == 2


@pytest.mark.parametrize("absolute", [False, True])
def test_pages_may_go_elsewhere(absolute, project, monkeypatch):
    out = project / "site" if absolute else "site"
    ran = run("build", "--out", out)
    assert re.fullmatch(r"N pages in site/: \d+ new", summary(ran))
    assert pages(project / "site") == PAGES
    assert not (project / "docs-out").exists()
    monkeypatch.chdir("rules")
    assert run("build", "--check", "--out", "../site").exit_code == 0


def test_the_settings_say_where(project):
    (project / "rulepack.toml").write_text('docs = "public/docs"', encoding="utf-8")
    assert re.fullmatch(r"N pages in public/docs/: \d+ new", summary(run("build")))


def test_it_is_the_same_from_a_folder_in_the_project(monkeypatch):
    run("build")
    monkeypatch.chdir("rules")
    ran = run("build", "--check")
    assert (ran.exit_code, summary(ran)) == (0, "N pages in docs-out/: nothing changed")


def test_a_folder_that_is_a_file_stops_it(project):
    (project / "docs-out").write_text("", encoding="utf-8")
    ran = run("build")
    assert ran.exit_code == 3
    assert ran.stderr.startswith("error: ")


# --- flavours


def every(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_the_flavour_of_elastics_documentation_is_asked_for_or_set(project):
    ran = run("build", "--flavour", "elastic", "--only", "pages")
    assert ran.exit_code == 3
    assert "set `version = " in ran.stderr
    (project / "rulepack.toml").write_text('version = "8.17.4"', encoding="utf-8")
    ran = run("build", "--flavour", "elastic", "--only", "pages", "--out", "elastic")
    assert (ran.exit_code, summary(ran)) == (0, "N pages in elastic/: 5 new")
    expected = [
        "prebuilt-rule-8-17-4-other.md",
        "prebuilt-rule-8-17-4-prebuilt-rules-8-17-4-summary.md",
        "prebuilt-rule-8-17-4-sample.md",
        "prebuilt-rules-downloadable-updates.md",
        "prebuilt-rules.md",
    ]
    assert every(project / "elastic") == expected
    (project / "rulepack.toml").write_text('version = "8.17.4"\nflavour = "elastic"', encoding="utf-8")
    run("build", "--only", "pages")
    assert every(project / "docs-out") == expected
    # The pages of the other flavour go.
    run("build", "--flavour", "markdown", "--only", "pages")
    there = every(project / "docs-out")
    assert not set(expected) & set(there)
    assert "rules/sample.md" in there


def test_the_flavours_are_those_that_settings_may_name():
    assert build.FLAVOURS == settings.FLAVOURS
