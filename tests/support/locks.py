"""Locks of sample rules, and real git around them."""

import subprocess
from pathlib import Path

from rulepack import api, locking
from rulepack.content import content
from rulepack.loader import load_file
from rulepack.lock.store import read_lock, write_entries
from rulepack.lock.update import Locked
from support.console import run
from support.samples import another

DAY, LATER = "2026-01-31", "2026-02-28"
WHO = ("-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false")


def rule_text(number, name=None, category="process", reason=None):
    """A sample rule; with a reason, a deprecated one."""
    text = another(name or f"Sample {number}", number, category)
    gone = f'maturity = "deprecated"\ndeprecation_date = "2026/01/31"\ndeprecated_reason = "{reason}"'
    return text.replace('maturity = "production"', gone) if reason else text


def rule_id(number):
    """The rule_id of a sample rule."""
    return f"00000000-0000-4000-8000-{number:012}"


def put(folder, texts, settings=""):
    """A project whose files hold these texts, by number (`rules/rule_1.toml`) or by path."""
    (folder / "rules").mkdir(parents=True, exist_ok=True)
    (folder / "rulepack.toml").write_text(settings, encoding="utf-8")
    for name, text in texts.items():
        path = folder / (f"rules/rule_{name}.toml" if isinstance(name, int) else name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return api.project(folder)


def update(project, day=DAY, **how):
    """Bring the lock up to date; gives the steps."""
    steps = locking.update(project, locking.read_rules(project), day, **how)
    list(write_entries(project, (one.after for one in steps)))
    return steps


def changes(steps):
    """What changed, by rule_id: what became of the rule, version, names of fields."""
    return {one.after.rule_id: (str(one.what), one.after.version, one.fields) for one in steps if one.what != "same"}


def entry(project, number):
    """The entry of a sample rule."""
    return read_lock(project).entries[rule_id(number)]


def locked(project, path):
    """A rule file as the lock looks at it."""
    rule = load_file(project, project.root / path).rule
    return Locked.of(rule, content(rule))


def lock(folder, *options):
    """Run `rulepack lock`."""
    return run("lock", "--project", folder, "--no-color", *options)


def git(folder, *words, check=True):
    """Run git; gives what it says."""
    done = subprocess.run(["git", *WHO, *words], cwd=folder, capture_output=True, text=True, check=False)
    assert not check or done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def begin(folder):
    """A git repository with everything that is there in its first commit."""
    Path(folder).mkdir(exist_ok=True)
    git(folder, "init", "-q", "-b", "main")
    commit(folder, "Begin")


def commit(folder, message="Go on"):
    """Commit everything; gives the commit's id."""
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", message)
    return git(folder, "rev-parse", "HEAD").strip()


def conflicted(folder):
    """The files that git could not merge."""
    return git(folder, "diff", "--name-only", "--diff-filter=U").split()
