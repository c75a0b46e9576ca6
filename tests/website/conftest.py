"""A site that is served, and a real browser to look at it with."""

import os
import re
import shutil
import threading
from pathlib import Path

import pytest

from rulepack.cli.serve import _server
from website.building import build_site

ROOT = Path(__file__).parent.parent.parent
CHROMIUM = os.environ.get("RULEPACK_CHROMIUM", "/usr/bin/chromium")
# A folder that takes pictures of what was tested.
SCREENSHOTS = "RULEPACK_SCREENSHOTS"
OLD = """\
[metadata]
creation_date = "2020/01/01"
updated_date = "2024/02/01"
deprecation_date = "2024/02/01"
deprecated_reason = "It found **nothing** that others do not find."
maturity = "deprecated"

[rule]
name = "Zzz Retired Shell Rule"
rule_id = "00000000-0000-4000-8000-000000000099"
type = "query"
language = "kuery"
query = 'process.name : "retiredsh"'
description = "An old rule about shells."
severity = "low"
risk_score = 21
author = ["rulepack"]
license = "Apache-2.0"
"""


def serving(folder):
    """A server of a folder, running."""
    server = _server(folder, 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    return server


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """The site of this project's own rules and a deprecated one: its folder, below another."""
    project = tmp_path_factory.mktemp("project")
    shutil.copytree(ROOT / "rules", project / "rules")
    (project / "rulepack.toml").write_text('name = "Test pack"\n', encoding="utf-8")
    (project / "rules" / "retired.toml").write_text(OLD, encoding="utf-8")
    folder = tmp_path_factory.mktemp("served") / "some" / "where"
    build_site(project, folder)
    return folder


@pytest.fixture(scope="session")
def address(built):
    """The address of that site, which is not at its server's root."""
    server = serving(built.parent.parent)
    yield f"http://127.0.0.1:{server.server_port}/some/where/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="session")
def browser():
    """Chromium."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # As root, as in a container, Chromium has no sandbox.
        yield (found := playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]))
        found.close()


@pytest.fixture
def visit(browser, address, request):
    """Opens a page; what goes wrong in it fails the test. Takes a picture at the end where the environment says so."""
    contexts = []
    wrong = []

    def open_page(path="index.html", *, width=1440, height=900, wait=".hit", **options):
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda said: wrong.append(f"{page.url}: {said.text}") if said.type == "error" else None)
        page.goto(path if "://" in path else address + path)
        if wait and "index.html" in path and options.get("java_script_enabled", True):
            page.wait_for_selector(wait)
            page.wait_for_function("() => !document.querySelector('.count').textContent.includes('looking')")
        return page

    yield open_page
    folder = os.environ.get(SCREENSHOTS)
    for number, context in enumerate(contexts):
        for page in context.pages:
            if folder:
                name = re.sub(r"\W+", "-", request.node.name).strip("-")
                page.screenshot(path=Path(folder) / f"{name}-{number}.png")
        context.close()
    assert wrong == []
