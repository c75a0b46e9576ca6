"""The page of a rule in a browser: copying, headings, the theme, printing, the phone."""

import json

import pytest

pytestmark = pytest.mark.browser
RULE = "rules/aws-access-key-minted-for-an-iam-user-by-a-role-or-root-session.html"
GRANTED = {"permissions": ["clipboard-read", "clipboard-write"]}


def pasted(page):
    return page.evaluate("navigator.clipboard.readText()")


def copied(page, name):
    button = page.get_by_role("button", name=name, exact=True)
    button.click()
    page.wait_for_function("() => document.getElementById('ui:said').textContent.includes('copied')")
    return pasted(page)


def test_the_query_is_copied_as_it_is(visit):
    text = copied(visit(RULE, **GRANTED), "Copy query")
    assert text.startswith('data_stream.dataset : "aws.cloudtrail" and\n  event.provider')


def test_the_rule_id_is_copied(visit):
    assert copied(visit(RULE, **GRANTED), "Copy rule id") == "3fff26fe-f2fc-465b-b5d4-1054eb8ed569"


def test_the_file_is_copied_without_line_numbers(visit):
    text = copied(visit(RULE, **GRANTED), "Copy TOML")
    assert text.startswith('[metadata]\ncreation_date = "2026/11/21"\n')
    assert "\n\n[rule]\n" in text


def test_the_body_for_kibana_is_copied_from_the_file_to_import(visit):
    found = json.loads(copied(visit(RULE, **GRANTED), "Copy Kibana JSON"))
    assert (found["rule_id"], found["type"]) == ("3fff26fe-f2fc-465b-b5d4-1054eb8ed569", "query")


def test_each_block_of_code_has_a_button_of_its_own(visit):
    page = visit(RULE, **GRANTED)
    assert page.locator("pre").count() == page.locator("button.copy").count() > 1


def test_the_file_to_import_is_a_link(visit):
    page = visit(RULE)
    with page.expect_download() as waiting:
        page.get_by_role("link", name="Download NDJSON").click()
    assert waiting.value.suggested_filename.endswith(".ndjson")


def test_every_heading_has_a_link_to_itself_and_a_line_of_the_contents(visit):
    page = visit(RULE)
    headings = page.locator("article :is(h2, h3, h4, h5)")
    ids = [one.get_attribute("id") for one in headings.all()]
    assert len(set(ids)) == len(ids) > 10
    assert [one.get_attribute("href") for one in headings.locator(".permalink").all()] == [f"#{one}" for one in ids]
    assert [one.get_attribute("href") for one in page.locator(".toc a").all()] == [f"#{one}" for one in ids]


def test_the_theme_is_kept_from_page_to_page(visit):
    page = visit(RULE, color_scheme="light")
    light = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.locator("button.theme").click()
    page.locator("button.theme").click()
    assert page.locator("button.theme").inner_text() == "Theme: dark"
    dark = page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
    page.locator("nav.main a", has_text="Matrix").click()
    page.wait_for_selector(".matrix")
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == dark != light


def test_the_system_may_ask_for_dark(visit):
    page = visit(RULE, color_scheme="dark")
    red = page.evaluate("getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)[0]")
    assert red < 60


def test_a_print_has_the_rule_and_not_the_frame(visit):
    page = visit(RULE)
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert not page.locator(".actions").is_visible()
    assert page.locator("h1").is_visible()
    assert page.locator("pre").first.is_visible()


def test_a_deprecated_rule_says_so_and_why(visit):
    notice = visit("rules/deprecated/zzz-retired-shell-rule.html").locator(".notice").inner_text()
    assert notice == "This rule is deprecated since 2024-02-01. It found **nothing** that others do not find."


@pytest.mark.parametrize("path", ["index.html?q=aws", RULE, "matrix.html", "coverage.html", "id.html"])
@pytest.mark.parametrize("width", [360, 768, 1100])
def test_no_page_scrolls_sideways(visit, path, width):
    page = visit(path, width=width, height=740)
    page.wait_for_load_state("networkidle")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("path", ["index.html", RULE, "matrix.html", "coverage.html"])
def test_a_page_can_be_read_without_javascript(visit, path):
    page = visit(path, java_script_enabled=False)
    shown = page.locator("main").inner_text()
    if path == "index.html":
        assert "need JavaScript" in shown
        assert page.locator(".browse a").count()
    elif path == RULE:
        assert "CreateAccessKey" in shown
        assert not page.locator("button:visible").count()
    else:
        assert "Execution" in shown


@pytest.mark.parametrize("path", ["index.html", RULE, "matrix.html", "coverage.html"])
def test_pointers_find_targets_of_a_good_size(visit, path):
    page = visit(path)
    small = page.evaluate("""() => [...document.querySelectorAll('button, select, input, summary, .hit h2 a, nav a')]
        .filter((one) => one.checkVisibility() && one.type !== 'checkbox' && one.getBoundingClientRect().height < 24)
        .map((one) => one.outerHTML.slice(0, 80))""")
    assert small == []
