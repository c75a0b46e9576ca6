"""Addresses of the commit that pages are made from."""

import pytest

from rulepack.docs.source_links import source_links

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("address", "folder", "commit", "file"),
    [
        ("https://github.com/acme/rules/blob/main", "", "commit/", "blob/{}/rules/a.toml"),
        ("https://github.com/acme/rules/blob/main/", "", "commit/", "blob/{}/rules/a.toml"),
        (
            "https://github.com/acme/rules/blob/feature/x/packs/one",
            "packs/one",
            "commit/",
            "blob/{}/packs/one/rules/a.toml",
        ),
        ("https://gitlab.example.org/a/b/rules/-/blob/main", "", "-/commit/", "-/blob/{}/rules/a.toml"),
        ("https://git.example.org/a/rules/src/branch/main", "", "commit/", "src/commit/{}/rules/a.toml"),
        ("http://git.example.org:8080/a/rules/blob/main", "my packs", "commit/", "blob/{}/my%20packs/rules/a.toml"),
    ],
)
def test_addresses_of_known_kinds_lead_to_the_commit(address, folder, commit, file):
    links = source_links(address, COMMIT, folder)
    repository = address.split("/-/")[0].split("/blob/")[0].split("/src/")[0]
    assert links.commit == f"{repository}/{commit}{COMMIT}" == links.of(COMMIT)
    assert links.of("abc") == f"{repository}/{commit}abc"
    assert links.file("rules/a.toml") == f"{repository}/{file.format(COMMIT)}"


def test_names_of_files_are_quoted():
    links = source_links("https://github.com/a/b/blob/main", COMMIT)
    assert links.file("rules/a b#c?.toml").endswith("/rules/a%20b%23c%3F.toml")


@pytest.mark.parametrize(
    "address",
    [
        None,
        "",
        "..",
        "https://example.org/rules",
        "https://github.com/acme/rules",
        "https://github.com/acme/rules/blob/",
        "https://github.com/blob/main",
        "https://github.com/a/b/blob/main?x=1",
        "javascript:alert(1)//x/blob/main",
        "https://github.com/a b/c/blob/main",
    ],
)
def test_other_addresses_lead_nowhere(address):
    assert source_links(address, COMMIT) is None
