"""The house rules: who may import whom, how big a room may grow, and that importing costs nothing."""

import ast
import importlib
import inspect
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "rulepack"
MODULES = sorted(PACKAGE.rglob("*.py"))

# From the top down: a module may import from floors below its own, and from its own room.
FLOORS = (
    ("__main__",),
    ("cli",),
    ("", "api"),  # rulepack/__init__.py and its verbs
    ("building",),
    ("validation",),
    ("report", "codes"),
    ("fixing", "locking", "lifecycle", "packaging", "sides"),
    ("docs", "deploy", "sandbox", "migrate"),
    ("package",),
    ("loader", "exception_files", "checks"),
    ("cache", "table"),
    ("pack",),
    ("lock",),
    ("content", "fit"),
    ("emit", "derive", "edit"),
    ("rule", "exception_list", "query", "reference"),
    ("project", "kibana"),
    ("environment", "release"),
    ("schema", "fields", "judge"),
    ("source", "locator", "stack", "git"),
    ("files", "epoch"),
    ("diagnostics", "errors", "slug", "processes", "likeness"),
    ("frozen",),
)
# Rooms on one floor that are one room in two files.
NEIGHBOURS = {
    ("api", ""),
    ("loader", "exception_files"),
    ("rule", "exception_list"),
    ("schema", "fields"),
    ("judge", "schema"),
    ("judge", "fields"),
    ("source", "locator"),
}
# Each heavy library has its rooms.
DOORS = {
    "click": {"cli"},
    "requests": {"reference", "kibana"},
    "jinja2": {"docs"},
    "markdown_it": {"docs"},
    "marshmallow": {"judge"},
    "tomli": {"source"},
    "tomlkit": {"edit"},
    "yaml": {"reference"},
}
MOST_LINES = 400


def room(path):
    name = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
    return "" if name == "__init__" else name


def floor(name):
    for number, names in enumerate(FLOORS):
        if name in names:
            return number
    pytest.fail(f"the room {name!r} has no floor: add it to FLOORS")


@cache
def tree(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path):
    """Every module that a file imports, at any depth of the code, but for type checkers only too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: imports are absolute"
            if node.module == "rulepack":
                yield from ((f"rulepack.{alias.name}", node.lineno) for alias in node.names)
            else:
                yield node.module, node.lineno


def test_a_module_looks_only_downstairs():
    wrong = []
    for path in MODULES:
        own = room(path)
        for name, line in imports(path):
            other = [*name.split("."), ""][1]
            if not name.startswith("rulepack") or other.startswith("__version__"):
                continue
            if own != other and (own, other) not in NEIGHBOURS and (other, own) not in NEIGHBOURS:
                wrong += [f"{path}:{line}: {own!r} may not import {other!r}"] if floor(other) <= floor(own) else []
    assert wrong == []


def test_contributors_are_shown_every_floor():
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    picture = text.split("```text\n")[1].split("```")[0]
    lines = [line.split("   ")[0].split() for line in picture.splitlines() if line[1:2].strip()]
    drawn = [{name.removeprefix("rulepack/__init__") for name in names} for names in lines]
    assert drawn == [set(names) for names in FLOORS]


def test_a_heavy_library_stays_in_its_rooms():
    wrong = []
    for path in MODULES:
        for name, line in imports(path):
            top = name.split(".")[0]
            if top in DOORS and room(path) not in DOORS[top]:
                wrong.append(f"{path}:{line}: {top} is for {sorted(DOORS[top])} only")
    assert wrong == []


def test_a_room_fits_on_a_few_screens():
    lines = {path: path.read_text(encoding="utf-8").count("\n") for path in MODULES}
    # Where one has grown past that: find the noun hiding in it.
    assert [f"{path}: {count} lines" for path, count in lines.items() if count > MOST_LINES] == []
    assert [path for path in MODULES if not ast.get_docstring(tree(path))] == []


def test_importing_opens_no_data_and_no_socket():
    names = [
        path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
        for path in MODULES
        if path.name != "__main__.py"
    ]
    program = """
import sys, json
seen = []
def hook(event, args):
    if event == "open" and isinstance(args[0], str) and not args[0].endswith((".py", ".pyc")) and "rulepack" in args[0]:
        seen.append(args[0])
    if event.startswith("socket.connect"):
        seen.append(event)
sys.addaudithook(hook)
import importlib
for name in json.loads(sys.argv[1]):
    importlib.import_module(name)
print(json.dumps(seen))
"""
    done = subprocess.run(
        [sys.executable, "-c", program, json.dumps(names)], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert json.loads(done.stdout) == []


def test_help_imports_neither_the_checks_nor_jinja():
    program = "import sys; import rulepack.cli.main; print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    for name in ("jinja2", "marshmallow", "requests", "rulepack.loader", "rulepack.checks", "rich"):
        assert f"'{name}'" not in done.stdout


def test_a_rule_without_a_fault_is_checked_without_what_is_only_needed_otherwise(tmp_path):
    (tmp_path / "rulepack.toml").touch()
    shutil.copytree(ROOT / "tests" / "data" / "rules" / "valid", tmp_path / "rules")
    program = "import sys, rulepack; rulepack.validate(sys.argv[1]); print(sorted(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program, tmp_path], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "'rulepack.query.eql.parser'" in done.stdout
    for name in ("jinja2", "marshmallow", "requests", "tomlkit", "yaml", "multiprocessing", "rulepack.judge"):
        assert f"'{name}'" not in done.stdout


def test_no_public_name_hides_a_module():
    import rulepack

    modules = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or path.is_dir()}
    assert not modules & set(rulepack.__all__)


def test_every_public_name_is_there_and_documented():
    import rulepack

    for name in rulepack.__all__:
        assert getattr(rulepack, name).__doc__, name
    assert sorted(rulepack.__all__) == rulepack.__all__
    assert set(rulepack.__all__) == set(rulepack._HOMES)


def test_type_ignores_stay_few():
    count = sum(path.read_text(encoding="utf-8").count("type: ignore") for path in MODULES)
    assert count <= 5


def module_of(path):
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"))


def abstract_methods():
    """Every class with methods that only raise NotImplementedError, as (class, names of these methods)."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                names = [
                    one.name
                    for one in node.body
                    if isinstance(one, ast.FunctionDef) and ast.unparse(one.body[-1]) == "raise NotImplementedError"
                ]
                if names:
                    yield getattr(module_of(path), node.name), names


def leaves(base):
    return {leaf for one in base.__subclasses__() for leaf in leaves(one)} or {base}


def test_what_a_base_leaves_open_every_class_that_is_used_has():
    for path in MODULES:
        if path.name != "__main__.py":
            module_of(path)
    found = list(abstract_methods())
    assert sum(len(names) for _, names in found) == sum(
        path.read_text(encoding="utf-8").count("NotImplementedError") for path in MODULES
    )
    for base, names in found:
        for leaf in leaves(base):
            open_still = [name for name in names if inspect.getattr_static(leaf, name) is vars(base)[name]]
            assert not open_still, f"{leaf.__module__}.{leaf.__name__}"
