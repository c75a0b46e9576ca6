"""A package registry on loopback: as Elastic's answers, and as it should not."""

import json
import socket

import pytest
from support.console import run
from support.integrations import FILES, MANIFEST, V9, zipped
from support.samples import RULE, make_pack, valid_text

from rulepack.errors import DataError
from rulepack.reference import Reference, download
from rulepack.reference.update_fields import is_registry, update_integrations

DATE = "Fri, 21 Aug 2026 10:00:00 GMT"


def listed(version="2.1.0", condition="^9.0.0", path="/epr/acme/acme-{}.zip", **more):
    return {
        "name": "acme",
        "version": version,
        "conditions": {"kibana": {"version": condition}},
        "policy_templates": [{"name": "acme"}],
        "download": path.format(version),
        **more,
    }


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "reference"


@pytest.fixture
def registry(web):
    """Adds what a registry says; gives its address."""

    def add(search, packages=(), **headers):
        content = search if isinstance(search, bytes) else json.dumps(search).encode()
        web.add("/search", content, **headers)
        for version, package in packages:
            web.add(f"/epr/acme/acme-{version}.zip", package)
        return web.address

    return add


def update(address, folder, packages=("acme",), **more):
    return update_integrations([address], folder, Reference().ecs, packages=packages, stacks=(V9,), **more)


def failure(address, folder, **more):
    with pytest.raises(DataError) as caught:
        update(address, folder, **more)
    assert caught.value.hint
    assert not folder.exists()
    return caught.value.message


def test_the_version_that_runs_on_the_stack_is_read(registry, folder):
    search = [listed("2.0.0", "^8.0.0"), listed(), listed("3.0.0", "^10.0.0"), listed(name="other")]
    other = zipped({**FILES, "manifest.yml": MANIFEST.replace("2.1.0", "3.0.0")})
    address = registry(search, [("2.1.0", zipped()), ("3.0.0", other)], Date=DATE)
    summary = update(address, folder)
    assert str(summary) == "integrations: 1 packages with fields, 2 versions of them, 1 packages with manifests"
    reference = Reference(folder)
    schema = reference.schema(("logs-acme.events.audit-*",), (), (V9,), "2026/08/21")
    assert schema.searched == "ECS 9.4, acme 2.1.0"
    assert schema.type_of("acme.audit.labels.any") == "keyword"
    assert schema.complete
    assert list(reference.integrations.manifests.packages["acme"]) == ["2.0.0", "2.1.0", "3.0.0"]
    # The day of the registry's answer tells which rules are newer than it.
    assert not reference.schema(("logs-acme.events.audit-*",), (), (V9,), "2026/08/22").complete


def test_the_same_answers_give_the_same_bytes(registry, folder, tmp_path):
    address = registry([listed()], [("2.1.0", zipped())], Date=DATE)
    update(address, folder)
    update(address, tmp_path / "again")
    files = sorted(path.relative_to(folder) for path in folder.rglob("*.gz"))
    assert len(files) == 2
    for name in files:
        assert (folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes()


def test_packages_that_a_registry_lacks_are_named(registry, folder):
    address = registry([listed()], [("2.1.0", zipped())])
    assert str(update(address, folder, ("acme", "endpont", "../x?y"))).endswith("; not found: ../x?y, endpont")


def test_a_registry_with_none_of_the_packages_is_refused(registry, folder):
    assert "it has none of the packages that rules use (acme)" in failure(registry([]), folder)
    assert "no rule uses a package" in failure(registry([]), folder, packages=())


@pytest.mark.parametrize(
    ("search", "reason"),
    [
        (b"<html>Sign in</html>", "it is not JSON"),
        (b"", "it is not JSON"),
        (b'[{"name": "acme"', "it is not JSON"),
        (b"[" * 100_000, "it is nested too deeply"),
        ({"error": "no"}, "a list of packages is expected"),
        ([5], "a list of packages is expected"),
    ],
)
def test_an_answer_that_is_none_is_refused(registry, folder, search, reason):
    message = failure(registry(search), folder)
    assert reason in message
    assert message.startswith("cannot use the answer of http://127.0.0.1:")


@pytest.mark.parametrize(
    ("package", "reason"),
    [
        (b"<html>", "it is no zip that can be read"),
        (zipped()[:200], "it is no zip that can be read"),
        (zipped({**FILES, "manifest.yml": MANIFEST.replace("acme", "other")}), "it is other 2.1.0, not acme 2.1.0"),
        (zipped({**FILES, "../x": ""}, top=""), "leads out of it"),
        (zipped({**FILES, "data_stream/log/fields/x.yml": " " * 5_000_000}, compression=8), "is larger than 4 MB"),
    ],
)
def test_a_package_that_is_none_is_refused(registry, folder, package, reason):
    assert reason in failure(registry([listed()], [("2.1.0", package)]), folder)


def test_a_package_that_is_not_there_is_said(registry, folder):
    assert "the server says 404" in failure(registry([listed()]), folder)


def test_a_404_instead_of_a_registry_is_said(web, folder):
    assert "the server says 404" in failure(web.address, folder)


def test_a_package_elsewhere_is_not_fetched(registry, folder):
    elsewhere = listed(path="http://192.0.2.1/acme.zip")
    summary = update(registry([elsewhere, {**listed("1.0.0"), "download": None}]), folder)
    assert str(summary) == "integrations: 0 packages with fields, 0 versions of them, 1 packages with manifests"


def test_a_registry_that_breaks_off_is_said(registry, folder):
    address = registry([listed()], Content_Length="5000")
    assert "cannot be reached, or broke off" in failure(address, folder)


def test_a_registry_that_does_not_answer_is_given_up(folder):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert "no answer within 0.2 s" in failure(address, folder, timeout=0.2)


def test_a_registry_that_drips_is_given_up(registry, folder, monkeypatch):
    monkeypatch.setattr(download, "SECONDS_LIMIT", -1)
    assert "it takes longer than -1 s" in failure(registry([listed()]), folder)


def test_a_circle_of_redirects_is_left(web, folder):
    web.add("/search", status=302, Location="/search")
    assert "redirects more than 5 times" in failure(web.address, folder)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("https://epr.example.org", True),
        ("https://epr.example.org/", True),
        ("https://mirror.example.org/epr/v2", True),
        ("https://example.org/schemas.json.gz", False),
        ("https://example.org/acme-1.0.0.zip?token=x", False),
        ("packages", False),
    ],
)
def test_what_is_a_registry(source, expected):
    assert is_registry(source) is expected


def test_of_a_registry_the_packages_are_read_that_rules_use(tmp_path, web):
    asked = []

    def search():
        asked.append("search")
        listed = {"name": "acme", "version": "2.1.0", "conditions": {"kibana": {"version": "^8.17.0 || ^9.0.0"}}}
        return 200, {}, json.dumps([{**listed, "download": "/acme.zip"}]).encode()

    web.answers["/search"] = search
    web.add("/acme.zip", zipped())
    rules = (
        valid_text("esql").replace("acme-*", "logs-cloudy.log-*"),
        RULE.replace('["acme-*"]', '["logs-acme.log-*", "filebeat-*"]'),
        RULE.replace("updated_date", 'integration = ["acme", "other"]\nupdated_date').replace("0001", "0002"),
    )
    make_pack(tmp_path, *rules)
    ran = run("reference", "update", "--integrations", web.address, "--project", tmp_path)
    assert (ran.exit_code, ran.stderr) == (0, "")
    assert ran.stdout.startswith("integrations: 1 packages with fields, 1 versions of them, ")
    assert ran.stdout.endswith("; not found: cloudy, other\n")
    assert len(asked) == 3
