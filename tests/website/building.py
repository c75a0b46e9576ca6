"""The site of a pack as the browser tests need it, in a folder."""

import shutil

import rulepack
from rulepack import docs
from rulepack.docs.write import write_pages


def build_site(project, out):
    """Write the site of a project, whatever the checks say of its rules; gives the pack."""
    pack = rulepack.load(project)
    site = docs.render(pack, None, "site")
    assert site.diagnostics == ()
    write_pages(site.pages, project / "docs-out")
    shutil.copytree(project / "docs-out" / "site", out, dirs_exist_ok=True)
    return pack
