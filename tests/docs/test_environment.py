"""What templates are given besides the pack: filters."""

import pytest

from rulepack.docs import environment


def rendered(template, **values):
    return environment.make({}).from_string(template).render(values)


@pytest.mark.parametrize(
    ("heading", "anchor"),
    [
        ("Investigation guide", "investigation-guide"),
        ("MITRE ATT&CK", "mitre-attck"),
        ("MITRE ATT&CK 19.0", "mitre-attck-190"),
        ("Command and Control", "command-and-control"),
        ("A_b - c (d)", "a_b---c-d"),
    ],
)
def test_an_anchor_is_what_github_makes_of_a_heading(heading, anchor):
    assert rendered("{{ heading | anchor }}", heading=heading) == anchor


def test_numbers_and_dates_are_as_people_write_them():
    assert rendered(
        "{{ 1 | counted('rule') }}, {{ 1550 | counted('rule') }}, {{ 0 | counted('entry', 'entries') }}"
    ) == ("1 rule, 1,550 rules, 0 entries")
    assert rendered("{{ 1550 | number }} {{ '2026/01/02' | date }}") == "1,550 2026-01-02"


def test_texts_are_not_escaped_by_themselves():
    """Markdown templates say how a value is to be shown."""
    assert rendered("{{ '*<b>*' }} {{ '*<b>*' | text }} {{ '*|*' | code | cell }}") == "*<b>* \\*&lt;b>\\* `*\\|*`"
    assert rendered("{{ 'a|b' | slug }} {{ 'https://e.org' | link }} {{ 'x' | fence('eql') }}") == (
        "a-b <https://e.org> ```eql\nx\n```"
    )


@pytest.mark.parametrize("value", [object(), environment.make, environment, open, type])
def test_a_template_may_not_look_into_anything_else(value):
    sandbox = environment.make({})
    for name in ("name", "read", "mro", "markdown", "read_text", "code"):
        assert not sandbox.is_safe_attribute(value, name, None)


def test_a_file_template_knows_only_the_files_it_is_given(tmp_path):
    path = tmp_path / "a.j2"
    path.write_text("{{ x }}", encoding="utf-8")
    loader = environment.FolderLoader({"once/a.j2": path})
    assert loader.get_source(None, "once/a.j2")[0] == "{{ x }}"
    for name in ("a.j2", str(path), "once/../once/a.j2", "../a.j2"):
        with pytest.raises(environment.TemplateNotFound):
            loader.get_source(None, name)
