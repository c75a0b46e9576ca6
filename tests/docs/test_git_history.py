"""What became of rules, commit by commit, asked of real repositories."""

import pytest
from support.locks import begin, commit, git, put, rule_id, rule_text, update

from rulepack import api
from rulepack.docs import environment, git_history
from rulepack.docs.git_history import FieldChange, Revision, revisions, source_revision
from rulepack.docs.tree import default_templates
from rulepack.errors import GitError

PARTS = default_templates() / "markdown" / "parts"
FILES = {f"parts/{path.name}": path for path in PARTS.glob("*.j2")}
ONE, TWO = rule_id(1), rule_id(2)


@pytest.fixture
def work(tmp_path):
    """A repository whose first commit has two rules."""
    folder = tmp_path / "work"
    put(folder, {1: rule_text(1), 2: rule_text(2)})
    begin(folder)
    return folder


def write(folder, number, text):
    (folder / "rules" / f"rule_{number}.toml").write_text(text, encoding="utf-8")


def found(folder, revision="HEAD", project=None):
    """What became of the rules of a project, by rule_id."""
    project = project or api.project(folder)
    rules = {rule.file: rule.rule_id for rule in api.load(project.root).rules}
    return revisions(project, source_revision(project, revision), rules)


def shown(found):
    """Of each revision its subject, and the fields that changed."""
    return [(one.subject, [change.field for change in one.changes]) for one in found]


def refusal(ask):
    with pytest.raises(GitError) as caught:
        ask()
    assert caught.value.hint
    return f"{caught.value.message} ({caught.value.hint})"


def test_a_commit_shows_the_fields_it_changed(work, monkeypatch):
    monkeypatch.setenv("GIT_COMMITTER_DATE", "2026-03-02T23:30:00-05:00")
    write(work, 1, rule_text(1, "New name").replace("risk_score = 21", "risk_score = 47"))
    head = commit(work, "Raise it")
    newest, first = found(work)[ONE]
    assert newest == Revision(
        head,
        "2026-03-03",
        None,
        "Raise it",
        (FieldChange("name", "Sample 1", "New name"), FieldChange("risk_score", "21", "47")),
    )
    assert (first.subject, first.changes, newest.short) == ("Begin", (), head[:10])
    assert shown(found(work)[TWO]) == [("Begin", [])]


def test_long_values_are_shown_as_lines_that_went_and_came(work):
    note = "\n".join(f"- step {number}" for number in range(12))
    write(work, 1, rule_text(1).replace("[rule]", f"[rule]\nnote = '''\n{note}\n'''"))
    commit(work, "Guide")
    write(work, 1, rule_text(1).replace("[rule]", f"[rule]\nnote = '''\n{note.replace('step 5', 'step five')}\n'''"))
    commit(work, "Better guide")
    newest, before, _ = found(work)[ONE]
    (change,) = newest.changes
    assert change.field == "note"
    assert change.diff.split("\n")[1:] == [
        " - step 3",
        " - step 4",
        "-- step 5",
        "+- step five",
        " - step 6",
        " - step 7",
    ]
    (change,) = before.changes
    assert (change.before, change.diff.count("\n+- step")) == (None, 12)


def test_what_does_not_count_is_left_out(work):
    text = rule_text(1)
    write(work, 1, f"# A comment\n{text}".replace('query = "', 'query = " '))
    commit(work, "Layout")
    write(work, 1, text.replace("risk_score = 21", "risk_score = 22"))
    commit(work, "Score")
    (work / "README.md").write_text("x", encoding="utf-8")
    commit(work, "Elsewhere")
    assert shown(found(work)[ONE]) == [("Score", ["risk_score"]), ("Begin", [])]


def test_renames_are_followed_and_removed_files_are_no_harm(work):
    git(work, "mv", "rules/rule_1.toml", "rules/other.toml")
    commit(work, "Renamed")
    (work / "rules" / "deep").mkdir()
    git(work, "mv", "rules/other.toml", "rules/deep/.hidden.toml")
    git(work, "mv", "rules/deep/.hidden.toml", "rules/deep/shown.toml")
    path = work / "rules" / "deep" / "shown.toml"
    path.write_text(path.read_text(encoding="utf-8").replace("risk_score = 21", "risk_score = 22"), encoding="utf-8")
    git(work, "rm", "-q", "rules/rule_2.toml")
    commit(work, "Moved")
    assert {one: shown(rest) for one, rest in found(work).items()} == {
        ONE: [("Moved", ["risk_score"]), ("Begin", [])],
    }


def test_two_rules_that_change_places_keep_their_own_history(work):
    write(work, 1, rule_text(2))
    write(work, 2, rule_text(1).replace("risk_score = 21", "risk_score = 22"))
    commit(work, "Swapped")
    assert shown(found(work)[TWO]) == [("Swapped", [])]
    assert all(one.subject in ("Swapped", "Begin") for one in found(work)[ONE])


def test_a_file_that_was_removed_and_made_again_begins_anew(work):
    git(work, "rm", "-q", "rules/rule_1.toml")
    commit(work, "Removed")
    write(work, 1, rule_text(1))
    commit(work, "Made again")
    assert shown(found(work)[ONE]) == [("Made again", [])]


def test_states_that_cannot_be_read_are_passed_over(work):
    write(work, 1, "<<<<<<< ours\n")
    commit(work, "Broken")
    write(work, 1, rule_text(1).replace('type = "query"', 'type = "nothing"'))
    commit(work, "No rule")
    (work / "rules" / "rule_1.toml").write_bytes(b"\xff\xfe")
    commit(work, "No text")
    write(work, 1, rule_text(1).replace("risk_score = 21", "risk_score = 22"))
    commit(work, "Repaired")
    assert shown(found(work)[ONE]) == [("Repaired", ["risk_score"]), ("Begin", [])]


def test_giving_a_rule_up_is_a_change(work):
    write(work, 1, rule_text(1, reason="Noise"))
    commit(work, "Give it up")
    newest, _ = found(work)[ONE]
    assert newest.changes == (FieldChange("maturity", "production", "deprecated"),)


def test_versions_are_those_of_the_lock_at_that_time(work):
    project = api.project(work)
    update(project)
    commit(work, "Lock")
    write(work, 1, rule_text(1, "Two"))
    commit(work, "Not locked yet")
    update(project)
    commit(work, "Locked")
    write(work, 1, rule_text(1, "Three"))
    update(project)
    commit(work, "Both at once")
    assert [(one.subject, one.version) for one in found(work)[ONE]] == [
        ("Both at once", 3),
        ("Not locked yet", 2),
        ("Begin", None),
    ]


def test_not_too_many_are_kept(work):
    for number in range(12):
        write(work, 1, rule_text(1, f"Name {number}"))
        commit(work, f"Change {number}")
    kept = found(work)[ONE]
    assert [one.subject for one in kept] == [f"Change {number}" for number in range(11, 1, -1)]
    assert all(one.changes for one in kept)


def test_of_many_commits_that_change_nothing_only_some_are_looked_at(work, monkeypatch):
    monkeypatch.setattr(git_history, "_MOST_LOOKED_AT", 3)
    for number in range(4):
        write(work, 1, f"# {number}\n{rule_text(1)}")
        commit(work, f"Comment {number}")
    assert ONE not in found(work)


def test_a_revision_is_a_commit_a_branch_or_a_tag_and_knows_nothing_later(work):
    git(work, "tag", "v1")
    write(work, 1, rule_text(1, "Later"))
    commit(work, "Later")
    assert shown(found(work, "v1")[ONE]) == [("Begin", [])]
    assert source_revision(api.project(work), "v1").commit == git(work, "rev-parse", "v1").strip()


def test_files_that_the_revision_does_not_have_have_no_history(work):
    write(work, 3, rule_text(3))
    git(work, "rm", "-q", "--cached", "rules/rule_2.toml")
    git(work, "commit", "-q", "-m", "Without the second")
    assert set(found(work)) == {ONE}


def test_a_project_within_a_repository_links_to_its_own_files(tmp_path):
    folder = tmp_path / "top" / "my packs"
    put(folder, {1: rule_text(1)}, settings='source_url = "https://github.com/acme/all/blob/main/my%20packs"\n')
    begin(folder.parent)
    git(folder.parent, "mv", "my packs/rules/rule_1.toml", "my packs/rules/other.toml")
    head = commit(folder.parent, "Move")
    project = api.project(folder)
    source = source_revision(project, "HEAD")
    assert (
        source.links.file("rules/other.toml") == f"https://github.com/acme/all/blob/{head}/my%20packs/rules/other.toml"
    )
    (only,) = found(folder)[ONE]
    assert only.url == f"https://github.com/acme/all/commit/{only.commit}"


def test_what_cannot_be_is_refused_with_a_hint(work, tmp_path):
    assert refusal(lambda: source_revision(api.project(work), "nope")).startswith("git knows no commit 'nope' (name ")
    put(tmp_path / "alone", {1: rule_text(1)})
    assert "is in no git repository" in refusal(lambda: source_revision(api.project(tmp_path / "alone"), "HEAD"))
    write(work, 1, rule_text(1, "Two"))
    commit(work)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{work}", "shallow")
    assert refusal(lambda: source_revision(api.project(tmp_path / "shallow"), "HEAD")) == (
        "this clone is shallow: it does not have the history of the rules "
        "(fetch the whole history: `git fetch --unshallow`, or `fetch-depth: 0` in a workflow)"
    )


def test_many_rules_are_read_by_several_processes_with_the_same_result(tmp_path):
    folder = tmp_path / "many"
    put(folder, {number: rule_text(number) for number in range(1, 251)})
    begin(folder)
    for number in range(1, 251, 7):
        write(folder, number, rule_text(number, f"New {number}"))
    commit(folder, "Names")
    project = api.project(folder)
    rules = {rule.file: rule.rule_id for rule in api.load(folder).rules}
    source = source_revision(project, "HEAD")
    assert revisions(project, source, rules, jobs=2) == revisions(project, source, rules) == found(folder)


# --- differences


def test_very_long_texts_are_only_counted_and_long_differences_are_cut():
    long = "\n".join(map(str, range(3000)))
    assert git_history._field_change("note", long, f"{long}\nx").diff == "- 3,000 lines\n+ 3,001 lines"
    lines = git_history._field_change("note", None, "\n".join(map(str, range(1000)))).diff.split("\n")
    assert (lines[0], lines[-1], len(lines)) == ("@@ -0,0 +1,1000 @@", "  801 lines more", 201)


def test_lists_are_compared_line_by_line():
    before, after = ([f"Tag number {number}" for number in numbers] for numbers in (range(9), (*range(8), 9)))
    diff = git_history._field_change("tags", before, after).diff
    assert '-  "Tag number 8"' in diff
    assert '+  "Tag number 9"' in diff
    assert git_history._field_change("tags", ["a"], ["a", "b"]) == FieldChange("tags", '["a"]', '["a", "b"]')


# --- on pages


class View:
    """What the template is given."""

    def __init__(self, *revisions):
        self.revisions = revisions


View.__module__ = "rulepack.docs.view"


def rendered(*revisions):
    template = '{% import "parts/revisions.md.j2" as parts %}{{ parts.revisions(view) }}'
    return environment.make(FILES).from_string(template).render(view=View(*revisions))


def test_revisions_on_a_page():
    assert (
        rendered(
            Revision(
                "a" * 40,
                "2026-03-02",
                4,
                "Raise *it*",
                (
                    FieldChange("name", "A | b", "`c`"),
                    FieldChange("index", None, '["x"]'),
                    FieldChange("query", "a\nb", "a\nc", "@@ -1,2 +1,2 @@\n a\n-b\n+c"),
                    FieldChange("note", "```\n<b>", None, "@@ -1,2 +0,0 @@\n-```\n-<b>"),
                ),
                "https://github.com/a/b/commit/" + "a" * 40,
            ),
            Revision("b" * 40, "2026-03-01", None, "# Begin"),
        )
        == f"""\
## Commits

### Version 4, 2026-03-02, [aaaaaaaaaa](https://github.com/a/b/commit/{"a" * 40})

Raise \\*it\\*

| Field | Before | After |
|---|---|---|
| `name` | `A \\| b` | `` `c` `` |
| `index` | not there | `["x"]` |

`query`:

```diff
@@ -1,2 +1,2 @@
 a
-b
+c
```

`note`, which is gone:

````diff
@@ -1,2 +0,0 @@
-```
-<b>
````

### 2026-03-01, `bbbbbbbbbb`

\\# Begin

The rule is new.

"""
    )


def test_no_revisions_are_nothing():
    assert rendered() == ""
