"""What axe finds against WCAG 2.2 AA, in light and dark, on a wide screen and on a phone."""

import pytest

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
PAGES = (
    "index.html",
    "index.html?q=aws&severity=high",
    "index.html?q=nothingatall",
    "rules/aws-access-key-minted-for-an-iam-user-by-a-role-or-root-session.html",
    "rules/deprecated/zzz-retired-shell-rule.html",
    "matrix.html",
    "coverage.html",
    "id.html",
)


@pytest.mark.parametrize("width", [1440, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_axe_finds_nothing(visit, path, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    # The page's own policy would keep the test's script out.
    page = visit(path, width=width, color_scheme=scheme, bypass_csp=True, wait=".hit, .nothing")
    page.wait_for_load_state("networkidle")
    for one in page.locator("details.source, details.filters").all():
        one.evaluate("one => one.open = true")
    found = Axe().run(page, options=RULES).response["violations"]
    assert [
        (one["id"], [node["html"][:200] + node["failureSummary"] for node in one["nodes"]][:3]) for one in found
    ] == []
