"""The site of a pack as the browser tests need it, in a folder."""

import shutil
from types import SimpleNamespace

import rulepack
from rulepack.docs import catalogue, environment, html, search
from rulepack.docs.brief import Brief
from rulepack.docs.site import PackView, default_templates
from rulepack.reference import Reference

TEMPLATES = default_templates() / "site"
NAV = (("ATT&CK coverage", "coverage.html"),)


class Linked(SimpleNamespace):
    """A rule as others name it; of a module that templates may look into."""

    __module__ = "rulepack.docs.testing"


def build_site(project, out):
    """Write the site of a project; gives its active rules' and deprecated rules' views."""
    pack = rulepack.load(project)
    view = PackView(pack, Reference.of(pack.project))
    files = {path.relative_to(TEMPLATES).as_posix(): path for path in TEMPLATES.rglob("*.j2")}
    jinja = environment.make(files)
    common = {"settings": Linked(name=view.name, stack=view.stack), "nav": NAV}

    def write(path, text):
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_text(text, encoding="utf-8")

    for folder, group in (("each-rule/rules", view.rules), ("each-deprecated-rule/rules/deprecated", view.deprecated)):
        template = jinja.get_template(f"{folder}/{{slug}}.html.j2")
        for number, one in enumerate(group):
            own = one.path.removesuffix(".md")
            one.__dict__.update(
                brief=Brief.of(one.rule),
                related=[
                    Linked(name=other.rule.name, path=other.path, reasons=("same fields",)) for other in group[:3]
                ],
                previous=Linked(name=group[number - 1].rule.name, path=group[number - 1].path) if number else None,
                next=None,
                toml=(pack.project.root / one.rule.file).read_text(encoding="utf-8"),
                ndjson=f"{own}.ndjson",
            )
            write(f"{own}.html", template.render(view=one, root="../" * own.count("/"), **common))
            write(f"{own}.ndjson", f'{{"rule_id": "{one.rule.rule_id}", "type": "{one.rule.type}"}}\n')
    for name in ("index", "matrix", "id"):
        write(f"{name}.html", jinja.get_template(f"once/{name}.html.j2").render(pack=view, root="", **common))
    listing = (
        "# Coverage\n\n| Tactic | Rules |\n|---|---:|\n| [Execution](rules/index.md) | 3 |\n\n## By name\n\n- `code`\n"
    )
    page = jinja.get_template("parts/markdown_page.html.j2")
    write("coverage.html", page.render(title="Coverage", body=html.block(listing), root="", **common))
    briefs = {one.rule.file: one for one in (*view.rules, *view.deprecated)}
    ordered = catalogue.ordered(one.brief for one in briefs.values())
    write("data/catalogue.json", catalogue.catalogue(ordered))
    for path, text in search.shards([search.tokens(briefs[one.file].rule, one) for one in ordered]):
        write(f"data/search/{path}", text)
    shutil.copytree(TEMPLATES / "assets", out / "assets")
    return view.rules, view.deprecated
