"""RP503, RP509: exception lists that rules name and that are not there, and lists and items that are there twice."""

import pytest
from support.samples import EXCEPTIONS, RULE, codes, make_pack

import rulepack

ID = 'list_id = "known-scanners"'


def naming(*references, maturity="production"):
    """The sample rule, naming exception lists: (list_id, namespace)."""
    tables = "".join(
        f'[[rule.exceptions_list]]\nid = "x"\nlist_id = "{one}"\ntype = "detection"\nnamespace_type = "{space}"\n'
        for one, space in references
    )
    return RULE.replace('"production"', f'"{maturity}"') + tables


def variant(number):
    """The sample lists under other ids."""
    return EXCEPTIONS.replace("known-scanners", f"list-{number}").replace("scanner-1", f"item-{number}")


def said(pack):
    return [(one.code.id, str(one.span), one.message, one.hint) for one in pack.diagnostics]


# --- RP503 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("namespace", ["single", "agnostic"])
def test_a_list_that_the_pack_has_is_known(namespace, tmp_path):
    text = EXCEPTIONS.replace(ID, f'{ID}\nnamespace_type = "{namespace}"')
    assert codes(make_pack(tmp_path, naming(("known-scanners", namespace)), text)) == []


def test_a_pack_without_files_of_exception_lists_has_them_in_kibana(tmp_path):
    assert codes(make_pack(tmp_path, naming(("known-scanners", "single")))) == []


def test_a_list_that_the_pack_has_not_is_an_info(tmp_path):
    pack = make_pack(
        tmp_path, naming(("known-scanners", "single"), ("other", "single"), ("known-scaners", "single")), EXCEPTIONS
    )
    message = "no file of the pack has the exception list"
    assert said(pack) == [
        ("RP503", "rules/rule_0.toml:25:11", f"{message} other", "add the list, or correct the id"),
        ("RP503", "rules/rule_0.toml:30:11", f"{message} known-scaners", "did you mean known-scanners?"),
    ]
    assert {one.severity.label for one in pack.diagnostics} == {"info"}


def test_a_list_of_another_namespace_is_shown(tmp_path):
    (found,) = make_pack(tmp_path, naming(("known-scanners", "agnostic")), EXCEPTIONS).diagnostics
    assert (found.code.id, str(found.span)) == ("RP503", "rules/rule_0.toml:22:18")
    assert found.message == "the exception list known-scanners is single, not agnostic"
    assert [str(one.span) for one in found.related] == ["rules/rule_1.toml:6:1"]


def test_kibanas_own_list_and_those_of_deprecated_rules_are_not_looked_for(tmp_path):
    old = naming(("other", "single"), maturity="deprecated").replace("0001", "0002")
    assert codes(make_pack(tmp_path, naming(("endpoint_list", "agnostic")), EXCEPTIONS, old)) == []


def test_a_list_with_an_error_is_there(tmp_path):
    broken = EXCEPTIONS.replace('"simple"', '"x"')
    assert codes(make_pack(tmp_path, naming(("known-scanners", "single")), broken)) == ["RP101"]


def test_where_only_some_files_are_looked_at_nothing_is_missing(tmp_path):
    make_pack(tmp_path, naming(("list-7", "single")), EXCEPTIONS, variant(7))
    some = tuple(tmp_path / "rules" / f"rule_{number}.toml" for number in range(2))
    assert rulepack.load(tmp_path, some).diagnostics == ()
    assert rulepack.validate(tmp_path, some).diagnostics == ()


# --- RP509 ------------------------------------------------------------------------------------------------------------


def test_the_second_list_with_an_id_is_told_of_the_first(tmp_path):
    copy = EXCEPTIONS.replace("scanner-1", "scanner-2")
    (found,) = make_pack(tmp_path, EXCEPTIONS, copy).diagnostics
    assert (found.code.id, str(found.span)) == ("RP509", "rules/rule_1.toml:7:11")
    assert found.message == "list_id known-scanners is one that rules/rule_0.toml has already"
    assert [str(one.span) for one in found.related] == ["rules/rule_0.toml:7:11"]


def test_a_list_of_one_space_and_one_of_all_may_share_an_id(tmp_path):
    other = EXCEPTIONS.replace("scanner-1", "scanner-2").replace(ID, f'{ID}\nnamespace_type = "agnostic"')
    assert codes(make_pack(tmp_path, EXCEPTIONS, other)) == []


def test_items_of_different_lists_may_not_share_an_id(tmp_path):
    other = EXCEPTIONS.replace("known-scanners", "others").replace(
        '"detection"', '"detection"\nnamespace_type = "agnostic"'
    )
    assert [one[:3] for one in said(make_pack(tmp_path, EXCEPTIONS, other))] == [
        ("RP509", "rules/rule_1.toml:14:11", "item_id scanner-1 is one that rules/rule_0.toml has already")
    ]


def test_lists_and_items_of_one_file_are_compared_too(tmp_path):
    again = EXCEPTIONS + EXCEPTIONS[EXCEPTIONS.index("[[exceptions]]") :]
    assert [one[:2] for one in said(make_pack(tmp_path, again))] == [
        ("RP509", "rules/rule_0.toml:25:11"),
        ("RP509", "rules/rule_0.toml:31:11"),
    ]


def test_what_has_no_id_has_none_in_common(tmp_path):
    nameless = EXCEPTIONS.replace(f"{ID}\n", "").replace('item_id = "scanner-1"\n', "")
    assert set(codes(make_pack(tmp_path, nameless, nameless))) == {"RP102"}


# --- ignores, and what runs over files of exception lists -------------------------------------------------------------


def test_a_comment_silences_a_finding_in_a_file_of_exception_lists(tmp_path):
    copy = EXCEPTIONS.replace("scanner-1", "scanner-2")
    silent = copy.replace(ID, f"{ID} # rulepack: ignore RP509 -- of another space")
    assert codes(make_pack(tmp_path, EXCEPTIONS, silent)) == []


def test_a_comment_that_no_check_could_need_is_said(tmp_path):
    text = EXCEPTIONS.replace(ID, f"{ID} # rulepack: ignore RP402 -- old")
    assert said(make_pack(tmp_path, text)) == [
        (
            "RP009",
            "rules/rule_0.toml:7:47",
            "there is no RP402 to ignore on line 7",
            "remove it, or put the comment on the line of the finding",
        )
    ]
    assert codes(make_pack(tmp_path, text.replace(" -- old", ""))) == ["RP008"]


def test_the_checks_of_rules_do_not_run(tmp_path):
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "Bad Name.toml").write_text(EXCEPTIONS.replace("2026/01/02", "2025"), encoding="utf-8")
    assert codes(make_pack(tmp_path, settings='check_sets = ["elastic", "tidy"]')) == []
