"""Rule text is hostile: whatever stands in any field, no page runs it, loads it, or lets it be more than text."""

from urllib.parse import quote, urlsplit

import pytest

from rulepack.docs.brief import Brief
from website.building import build_site
from website.conftest import serving
from website.hostile import PAYLOADS, RUN, rule

pytestmark = pytest.mark.browser

# What templates, scripts and Markdown make; of each element the attributes. Nothing else may be in a page.
EVERYWHERE = {"class", "id", "hidden", "dir", "lang", "role", "tabindex", "aria-label", "aria-hidden", "aria-current"}
ALLOWED = {
    "html": {"lang", "data-theme"},
    "head": set(),
    "meta": {"charset", "http-equiv", "content", "name"},
    "title": set(),
    "link": {"rel", "href", "type", "as", "crossorigin", "title"},
    "script": {"src", "defer"},
    "noscript": set(),
    "body": {"data-root"},
    "a": {"href", "rel", "download", "title", "data-ndjson"},
    "svg": {"viewBox", "width", "height"},
    "path": {"d"},
    "form": {"action", "method"},
    "input": {"name", "type", "placeholder", "autocomplete", "spellcheck", "autocapitalize", "maxlength", "value"},
    "label": {"for"},
    "button": {"type", "data-copies", "data-text", "data-from", "data-busy", "aria-pressed"},
    "select": {"name"},
    "option": {"value"},
    "details": {"open", "data-facet"},
    "nav": {"aria-labelledby"},
    "ol": {"start"},
    "div": {"data-copy"},
    "section": {"data-id"},
    "li": {"data-id"},
    "th": {"scope"},
}
PLAIN = """
header main footer article p span kbd h1 h2 h3 h4 h5 h6 ul dl dt dd b strong em code pre table thead tbody tr td
blockquote hr br mark summary
"""
ALLOWED |= {name: set() for name in PLAIN.split()}
INSIDE = """() => [...document.querySelectorAll('*')].flatMap((one) => {
  const names = [...one.attributes].map((attribute) => attribute.name);
  const target = ['href', 'src', 'action'].map((name) => one.getAttribute(name)).find(Boolean) || '';
  return [[one.localName, names, target]];
})"""
SETTINGS = """
name = "<img src=x onerror=alert(1)>"
[metadata.own_field]
type = "string"
[metadata.own_list]
type = "array"
"""
WATCH = """
window.violations = [];
document.addEventListener('securitypolicyviolation', (event) => {
  window.violations.push(event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample);
});
"""


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """The site of rules with a payload in every field: where it is served, and the paths of the rules' pages."""
    project = tmp_path_factory.mktemp("hostile")
    (project / "rules").mkdir()
    (project / "rulepack.toml").write_text(SETTINGS, encoding="utf-8")
    for number, payload in enumerate(PAYLOADS):
        for deprecated in (False, True):
            text = rule(payload, 2 * number + deprecated, deprecated=deprecated)
            (project / "rules" / f"rule_{number}_{deprecated}.toml").write_text(text, encoding="utf-8")
    folder = tmp_path_factory.mktemp("served")
    pack = build_site(project, folder)
    assert (len(pack.active), len(pack.deprecated)) == (len(PAYLOADS), len(PAYLOADS))
    server = serving(folder)
    paths = [f"{Brief.of(one).path}.html" for one in pack.rules]
    assert len(set(paths)) == 2 * len(PAYLOADS)
    yield f"http://127.0.0.1:{server.server_port}/", [quote(path) for path in paths]
    server.shutdown()
    server.server_close()


@pytest.fixture
def watched(browser):
    """A page, and all that went wrong in it."""
    context = browser.new_context()
    page = context.new_page()
    page.add_init_script(WATCH)
    wrong = []

    def dialog(shown):
        wrong.append(f"{page.url}: a dialog says {shown.message}")
        shown.dismiss()

    page.on("dialog", dialog)
    page.on("request", lambda asked: _check_request(asked, wrong))
    page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
    page.on("framenavigated", lambda frame: wrong.append(f"a frame: {frame.url}") if frame.parent_frame else None)
    yield page, wrong
    context.close()


def _check_request(asked, wrong):
    if urlsplit(asked.url).hostname != "127.0.0.1":
        wrong.append(f"asked for {asked.url}")


def _strange(page):
    """The elements, attributes and addresses that nobody here has made."""
    found = [f"{page.url}: {one}" for one in page.evaluate("() => window.violations")]
    for name, attributes, target in page.evaluate(INSIDE):
        if name not in ALLOWED:
            found.append(f"{page.url}: <{name}>")
            continue
        found += [f"{page.url}: <{name} {one}>" for one in set(attributes) - ALLOWED[name] - EVERYWHERE]
        scheme = urlsplit(target).scheme
        if scheme not in {"", "http", "https", "mailto"} or target.startswith(("//", "/", "\\")):
            found.append(f"{page.url}: <{name}> leads to {target}")
        if name == "script" and "assets/" not in target:
            found.append(f"{page.url}: a script {target}")
        if scheme == "http" and name != "a":
            found.append(f"{page.url}: <{name}> loads {target}")
    return found


def test_there_are_at_least_sixty_payloads():
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 60
    assert sum(RUN in payload for payload in PAYLOADS) >= 60


def test_no_page_of_a_rule_has_anything_of_its_own_making_and_all_can_be_read(hostile, watched):
    address, paths = hostile
    page, wrong = watched
    shown = set()
    for path in paths:
        page.goto(address + path)
        wrong += _strange(page)
        shown.add(" ".join(page.locator("h1").inner_text().split()[:-1]))
    assert wrong == []
    expected = {" ".join(payload.split()) for payload in PAYLOADS if payload.isascii()}
    assert expected - shown == set()


def test_neither_lists_nor_filters_nor_the_matrix_do(hostile, watched):
    address, _ = hostile
    page, wrong = watched
    page.goto(f"{address}index.html?deprecated=1")
    page.wait_for_selector(".hit")
    page.evaluate("() => document.querySelectorAll('.facet').forEach((one) => { one.open = true; })")
    page.wait_for_selector(".facet[data-facet=tag] li button")
    page.evaluate("() => document.querySelectorAll('.facet li button').forEach((one) => one.click())")
    while page.locator(".more button:visible").count():
        page.locator(".more button").evaluate("one => one.click()")
    assert page.locator(".hit").count() == 2 * len(PAYLOADS)
    wrong += _strange(page)
    page.goto(f"{address}matrix.html")
    page.wait_for_selector(".matrix-filters:visible")
    wrong += _strange(page)
    for number in range(1, 4):
        page.locator("select[name=platform]").select_option(index=number)
    wrong += _strange(page)
    assert wrong == []


def test_nor_does_what_is_typed_or_stands_in_the_address(hostile, watched):
    address, _ = hostile
    page, wrong = watched
    page.goto(f"{address}index.html")
    page.wait_for_selector(".hit")
    for payload in PAYLOADS:
        page.locator("input[name=q]").fill(payload.replace("\n", " ")[:200])
    wrong += _strange(page)
    for payload in PAYLOADS[::6]:
        given = quote(payload)
        page.goto(
            f"{address}index.html?q={given}&tactic={given}&tag={given}&updated={given}&sort={given}&place={given}"
        )
        page.wait_for_selector(".hit, .nothing")
        wrong += _strange(page)
        page.goto(f"{address}matrix.html?platform={given}&show={given}")
        page.wait_for_selector(".matrix-filters:visible")
        wrong += _strange(page)
        page.goto(f"{address}id.html#{given}")
        page.wait_for_load_state("networkidle")
    assert wrong == []


def test_a_rule_s_own_policy_would_stop_what_got_through(hostile, watched):
    address, paths = hostile
    page, wrong = watched
    page.goto(address + paths[0])
    page.evaluate("""() => {
        const image = document.createElement('img');
        image.setAttribute('onerror', 'alert(1)');
        image.src = 'assets/nothing.png';
        document.body.append(image);
        const script = document.createElement('script');
        script.textContent = 'alert(1)';
        document.body.append(script);
    }""")
    page.wait_for_timeout(300)
    assert not any("dialog" in one for one in wrong)
    assert len(page.evaluate("() => window.violations")) == 2
