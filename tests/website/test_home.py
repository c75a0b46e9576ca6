"""The home page in a browser: search, filters, the address, keys."""

import re

import pytest

pytestmark = pytest.mark.browser


def names(page):
    return page.locator(".hit h2 a").all_text_contents()


def count(page):
    return page.locator(".count").inner_text()


def search(page, text):
    page.locator("input[type=search][name=q]").fill(text)
    page.wait_for_function("() => !document.querySelector('.count').textContent.includes('looking')")


def test_all_active_rules_are_there_by_name(visit):
    page = visit()
    assert count(page) == "29 rules in this pack"
    shown = names(page)
    assert shown == sorted(shown, key=str.casefold)


def test_words_of_a_name_find_it_and_are_marked(visit):
    page = visit()
    search(page, "encoded dns")
    assert names(page)[0] == "Encoded Data in DNS Query Labels"
    assert page.locator(".hit").first.locator("h2 mark").all_inner_texts() == ["Encoded", "DNS"]


def test_every_word_is_required_and_a_beginning_is_enough(visit):
    page = visit()
    search(page, "okta")
    several = len(names(page))
    search(page, "okta pus")
    assert names(page) == ["Okta Verify Push Spray from One Address"]
    assert several > 1
    search(page, "okta nothingatall")
    assert names(page) == []
    assert "No rule has all of this" in page.locator(".hits").inner_text()


@pytest.mark.parametrize(
    ("typed", "found", "where"),
    [
        ("T1098.001", "AWS Access Key Minted for an IAM User by a Role or Root Session", ""),
        ("3fff26fe-f2fc", "AWS Access Key Minted for an IAM User by a Role or Root Session", ""),
        ("cloudformation.amazonaws.com", "AWS Access Key Minted for an IAM User by a Role or Root Session", "query"),
        ("cloudtrail.user_identity.type", "AWS Access Key Minted for an IAM User by a Role or Root Session", "query"),
        ("list-attached-user-policies", "AWS Access Key Minted for an IAM User by a Role or Root Session", "guide"),
    ],
)
def test_ids_fields_queries_and_guides_are_searched(visit, typed, found, where):
    page = visit()
    search(page, typed)
    assert found in names(page)
    noted = page.locator(".hit", has_text=found).locator(".where").all_inner_texts()
    assert noted == ([f"found in the {where}"] if where else [])


def test_a_filtered_view_is_an_address_that_can_be_shared(visit):
    page = visit()
    page.locator(".facet[data-facet=platform] label", has_text="Linux").click()
    page.locator(".facet[data-facet=severity] label", has_text="High").click()
    assert "platform=Linux" in page.url
    assert "severity=high" in page.url
    search(page, "process")
    page.wait_for_url(re.compile(r"q=process"))
    other = visit(page.url)
    assert names(other) == names(page) != []
    assert count(other) == count(page)
    assert other.locator(".chosen button").first.inner_text() == "Platform: Linux"


def test_choices_within_a_filter_widen_and_filters_together_narrow(visit):
    page = visit()

    def number():
        return int(re.match(r"\d+", count(page))[0])

    page.locator(".facet[data-facet=severity] label", has_text="High").click()
    high = number()
    page.locator(".facet[data-facet=severity] label", has_text="Medium").click()
    both = number()
    page.locator(".facet[data-facet=platform] label", has_text="Linux").click()
    assert number() < both > high


def test_the_number_beside_a_choice_is_what_it_gives(visit):
    page = visit()
    page.locator(".facet[data-facet=platform] label", has_text="Linux").click()
    choice = page.locator(".facet[data-facet=tactic] label", has_text="Execution")
    promised = choice.locator(".n").inner_text()
    choice.click()
    assert count(page) == f"{promised} rule{'s' if promised != '1' else ''}"


def test_the_back_button_takes_a_choice_back(visit):
    page = visit()
    page.locator(".facet[data-facet=platform] label", has_text="Linux").click()
    narrowed = count(page)
    page.locator(".facet[data-facet=severity] label", has_text="High").click()
    assert count(page) != narrowed
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('.chosen button').length === 1")
    assert count(page) == narrowed
    page.go_back()
    page.wait_for_function("() => document.querySelectorAll('.chosen button').length === 0")
    assert count(page) == "29 rules in this pack"
    assert not page.locator(".facet input:checked").count()


def test_going_to_a_rule_and_back_shows_the_same_list(visit):
    page = visit("index.html?q=aws&severity=medium")
    before = names(page)
    page.locator(".hit a").first.click()
    page.wait_for_selector("h1:visible")
    page.go_back()
    page.wait_for_selector(".hit")
    assert names(page) == before
    assert page.locator("input[name=q]").input_value() == "aws"


def test_results_are_sorted_as_asked(visit):
    page = visit()
    page.locator("select[name=sort]").select_option("risk")
    risks = [int(text.split()[1]) for text in page.locator(".hit .side span:nth-child(2)").all_inner_texts()]
    assert risks == sorted(risks, reverse=True)
    assert "sort=risk" in page.url


def test_deprecated_rules_are_left_out_but_told(visit):
    page = visit()
    search(page, "retired shell")
    assert names(page) == []
    page.locator(".count button").click()
    assert names(page) == ["Zzz Retired Shell Rule"]
    assert "deprecated=1" in page.url
    page.locator(".hit a").click()
    page.wait_for_url("**/rules/deprecated/zzz-retired-shell-rule.html")


def test_keys_move_open_and_clear(visit):
    page = visit()
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "ui:q"
    page.keyboard.type("okta")
    page.wait_for_function("() => document.querySelectorAll('.hit').length < 10")
    page.keyboard.press("ArrowDown")
    first = page.evaluate("document.activeElement.textContent")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.textContent")
    assert [first, second] == names(page)[:2]
    page.keyboard.press("k")
    assert page.evaluate("document.activeElement.textContent") == first
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "ui:q"
    page.keyboard.press("Escape")
    assert page.locator("input[name=q]").input_value() == ""
    assert count(page) == "29 rules in this pack"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.wait_for_url("**/rules/*.html")


def test_what_is_found_later_does_not_take_the_focus_away(visit):
    page = visit()
    page.route("**/data/search/w-*.json", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.locator("input[name=q]").fill("okta")
    page.keyboard.press("ArrowDown")
    first = page.evaluate("document.activeElement.textContent")
    page.wait_for_function("() => !document.querySelector('.count').textContent.includes('looking')")
    assert page.evaluate("document.activeElement.textContent") == first != ""


def test_a_choice_by_key_keeps_the_focus(visit):
    page = visit()
    box = page.locator(".facet[data-facet=tactic] input").first
    box.focus()
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.name") == "tactic"
    assert page.locator(".chosen button").count() == 1


def test_the_number_of_results_is_told_to_screen_readers(visit):
    page = visit()
    assert page.locator(".count").get_attribute("role") == "status"


def test_a_tag_of_a_rule_leads_to_its_rules(visit):
    page = visit("rules/encoded-data-in-dns-query-labels.html")
    tag = page.locator(".tags a").first
    name = tag.inner_text()
    tag.click()
    page.wait_for_selector(".hit")
    assert page.locator(".chosen button").first.inner_text() == f"Tag: {name}"
    assert "Encoded Data in DNS Query Labels" in names(page)


def test_an_id_leads_to_its_rule(visit):
    page = visit("id.html#3fff26fe-f2fc-465b-b5d4-1054eb8ed569")
    page.wait_for_url("**/rules/aws-access-key-minted-*.html")
