"""The ATT&CK matrix in a browser."""

import pytest

pytestmark = pytest.mark.browser


def test_there_is_a_column_for_each_tactic_and_gaps_can_be_seen(visit):
    page = visit("matrix.html")
    assert page.locator(".tactic").count() == 14
    assert page.locator(".technique.s0").count() > page.locator(".technique.s1").count() > 0


def test_a_technique_leads_to_as_many_rules_as_it_says(visit):
    page = visit("matrix.html")
    cell = page.locator(".tactic[data-id=TA0002] > ol > .technique[data-id=T1059] > a")
    said = cell.locator(".n").inner_text().split()[0]
    cell.click()
    page.wait_for_selector(".hit")
    assert page.locator(".count").inner_text().split()[0] == said
    assert page.locator(".chosen button").inner_text().startswith("Technique: T1059 ")


def test_sub_techniques_unfold(visit):
    page = visit("matrix.html")
    cell = page.locator(".tactic[data-id=TA0002] > ol > .technique[data-id=T1059]")
    assert not cell.locator("ol .technique").first.is_visible()
    cell.locator("summary").click()
    assert cell.locator("ol .technique").first.is_visible()
    page.locator(".unfold").click()
    assert page.locator("details:not([open])").count() == 0


def test_a_platform_counts_its_rules_only(visit):
    page = visit("matrix.html")
    page.wait_for_selector(".matrix-filters:visible")
    covered = int(page.locator(".summary b").first.inner_text())
    page.locator("select[name=platform]").select_option("Windows")
    assert int(page.locator(".summary b").first.inner_text()) < covered
    assert "platform=Windows" in page.url
    cell = page.locator(".technique:not(.s0) > a:visible").first
    said = cell.locator(".n").inner_text().split()[0]
    cell.click()
    page.wait_for_selector(".hit")
    assert page.locator(".count").inner_text().split()[0] == said


def test_the_script_counts_as_the_build_does(visit):
    page = visit("matrix.html")
    page.wait_for_selector(".matrix-filters:visible")

    def numbers():
        return page.locator(".technique > :first-child .n").all_inner_texts(), page.locator(".summary").inner_text()

    before = numbers()
    page.locator("select[name=platform]").select_option("Windows")
    assert numbers() != before
    page.locator("select[name=platform]").select_option("")
    assert numbers() == before


def test_gaps_alone_can_be_shown(visit):
    page = visit("matrix.html?show=gaps")
    page.wait_for_selector(".matrix-filters:visible")
    assert page.locator(".technique.s0:visible").count()
    assert page.locator(".tactic > ol > .technique:not(.s0):not(:has(.s0)):visible").count() == 0


def test_on_a_phone_it_is_a_list(visit):
    page = visit("matrix.html", width=390, height=844)
    boxes = [one.bounding_box() for one in page.locator(".tactic").all()[:3]]
    assert len({box["x"] for box in boxes}) == 1
    assert boxes[0]["y"] < boxes[1]["y"] < boxes[2]["y"]
