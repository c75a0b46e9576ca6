"""Faults that are planted in good rules: in the file, its tables, its guide and its schedule; queries are apart."""

import json
import re

from checks.planted_elastic import PLANTINGS as OF_ELASTIC
from checks.planted_exceptions import PLANTINGS as IN_EXCEPTIONS
from checks.planted_queries import PLANTINGS as IN_QUERIES
from support.planting import (
    BAD_BYTE,
    CLOSE,
    OPEN,
    QUERY,
    Planted,
    Planting,
    add,
    append,
    chain,
    edit,
    entry,
    has,
    only,
    put,
    remove,
    value_of,
)
from support.samples import RULE

# The tactics of the techniques of which the tests say that ATT&CK has them no more.
GONE_FROM = {
    "TA0001": "Initial Access",
    "TA0002": "Execution",
    "TA0003": "Persistence",
    "TA0005": "Defense Evasion",
    "TA0006": "Credential Access",
}
OTHER_ID = "00000000-0000-4000-8000-0000000000ff"
GUIDE = re.compile(r'(?ms)^note = """(?P<text>.*?)(?<!\\)"""')
ANY_TECHNIQUE = (
    r"(?m)^\[\[rule\.threat\.technique\]\]\n"
    r'id = "(?P<id>[^"]+)"\nname = "(?P<name>[^"]+)"\nreference = "(?P<url>[^"]+)"\n'
)
# One without sub-techniques.
TECHNIQUE = rf"{ANY_TECHNIQUE}(?=\n?(?:\[\[rule\.threat\.technique\]\]|\[rule\.threat\.tactic\]|\Z))"


def guide(lines, *, without=()):
    """A planting that adds lines at the end of the investigation guide."""

    def plant(host):
        match = GUIDE.search(host.text)
        if match is None or any(word in match["text"] for word in without):
            return None
        return f"{host.text[: match.end('text')].rstrip()}\n\n{lines}\n{host.text[match.end('text') :]}"

    return plant


def technique(new, *, pattern=TECHNIQUE):
    """A planting that rewrites a technique (one without sub-techniques)."""
    return edit(pattern, new)


def moved(folder="", name=None, also=lambda text: text):
    """A planting that leaves the text alone and moves the file; the place is the file's beginning."""

    def plant(host):
        path, _, own = host.file.rpartition("/")
        return Planted(f"{OPEN}{CLOSE}{also(host.text)}", f"{folder or path}/{name or own}")

    return plant


def beside(mark, *others):
    """A planting that puts files before the host: each a function of the host to a text; `mark` marks the host."""

    def plant(host):
        texts = [other(host) for other in others]
        marked = mark(host)
        if marked is None or None in texts:
            return None
        return Planted(marked, None, tuple((f"rules/aa_{number}.toml", text) for number, text in enumerate(texts)))

    return plant


def copy(*changes):
    """The host with another name and id, and further changes."""
    return chain(
        edit(r'(?m)^rule_id = "[^"]+"$', f'rule_id = "{OTHER_ID}"'),
        edit(r'(?m)^name = "[^"]+"$', 'name = "A rule of its own"'),
        *changes,
    )


def mark_query(host):
    """The host as it is, with the name of its query marked."""
    start = QUERY.search(host.text).start()
    return f"{host.text[:start]}{OPEN}query{CLOSE}{host.text[start + len('query') :]}"


def sample(number, **values):
    """A small rule that has nothing in common with the host, but for values that are given."""

    def make(host):
        text = RULE.replace("8000-000000000001", f"8000-00000000aa{number:02}")
        text = text.replace('"Sample"', f'"Sample {number}"').replace(
            ": process", f": process and host.name : h{number}"
        )
        for key, value in values.items():
            written = value(host)
            text = (
                text.replace("[rule]\n", f"[rule]\n{key} = {written}\n")
                if key == "tags"
                else re.sub(rf"(?m)^{key} = .*$", lambda _, key=key, written=written: f"{key} = {written}", text)
            )
        return text

    return make


def mark_value(key):
    """The host as it is, with a value of one line marked."""
    return edit(rf"(?m)^{key} = (?!\[$)(.+)$", rf"{key} = {OPEN}\1{CLOSE}")


def filtered(query):
    """A planting that adds a filter with a query."""
    lines = f"[[rule.filters]]\n[rule.filters.query.query_string]\nquery = '{query}'"
    return only(lambda host: host.rule.type not in ("esql", "machine_learning"), append(lines))


def quoted(value):
    """A text as a TOML string."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def typed(*types):
    """Whether a host is of one of these types."""
    return lambda host: host.rule.type in types


ACTION = """[[rule.actions]]
id = "planted"
action_type_id = ".slack"
group = "default"

[rule.actions.params]
message = "x"

[rule.actions.alerts_filter.query]
kql = '@'"""


def _four_threshold_fields(host):
    """The host with four threshold fields, none of which it counts."""
    counted = [one.field for one in host.rule.threshold.cardinality or ()]
    names = [name for name in ("host.id", "user.name", "source.ip", "event.action", "user.id") if name not in counted]
    new = rf"\g<1>{OPEN}field{CLOSE} = {json.dumps(names[:4])}"
    return edit(r"(?ms)^(\[rule\.threshold\]\n)field = \[[^\]]*\]", new)(host)


IN_FILES = [
    Planting("RP001", "a byte that is no UTF-8", edit(r'(?m)^name = "', rf"\g<0>{OPEN}{BAD_BYTE}{CLOSE}")),
    Planting("RP001", "a NUL", edit(r'(?m)^name = "', f"\\g<0>{OPEN}\0{CLOSE}")),
    Planting("RP001", "an empty file", lambda _: f"{OPEN}{CLOSE}"),
    Planting("RP002", "a string that is not closed", edit(r'(?m)^name = (")(.*)"$', rf'name = {OPEN}"{CLOSE}\2')),
    Planting("RP002", "two equals signs", edit(r"(?m)^risk_score = ", rf"risk_score = {OPEN}={CLOSE} ")),
    Planting("RP002", "a value without quotes", edit(r'(?m)^severity = "(\w+)"$', rf"severity = {OPEN}\1{CLOSE}")),
    Planting(
        "RP002", "a key that is there twice", edit(r"(?m)^risk_score = .*$", rf"\g<0>\n{OPEN}risk_score{CLOSE} = 21")
    ),
    Planting("RP002", "a table that is there twice", append(f'[{OPEN}metadata{CLOSE}]\nmaturity = "production"')),
    Planting("RP002", "an array that is not closed", add(f'planted = {OPEN}[{CLOSE}"a", "b"\n')),
    Planting("RP002", "a comma that is missing", edit(r'(?m)^(tags = \[\s*)"', rf'\1"planted" {OPEN}"{CLOSE}')),
    Planting("RP002", "typographic quotes", edit(r'(?m)^severity = "(\w+)"$', rf"severity = {OPEN}“{CLOSE}\1”")),
    Planting("RP002", "an escape that TOML lacks", edit(r'(?m)^name = "', rf"\g<0>{OPEN}\\d{CLOSE}")),
    Planting("RP002", "a key without a value", edit(r"(?m)^risk_score = .*$", f"risk_score ={OPEN}{CLOSE}")),
    Planting(
        "RP008",
        "an ignore without a reason",
        edit(r"(?m)^rule_id = .*$", rf"\g<0> {OPEN}# rulepack: ignore RP402{CLOSE}"),
    ),
    Planting(
        "RP008",
        "an ignore of a code that does not exist",
        edit(r"(?m)^rule_id = .*$", rf"\g<0> # rulepack: ignore {OPEN}RP499{CLOSE} -- planted"),
    ),
    Planting(
        "RP008",
        "another word than ignore",
        edit(r"(?m)^rule_id = .*$", rf"\g<0> {OPEN}# rulepack: noqa RP402 -- planted{CLOSE}"),
    ),
    Planting(
        "RP009",
        "an ignore of nothing",
        edit(r"(?m)^rule_id = .*$", rf"\g<0> # rulepack: ignore {OPEN}RP402{CLOSE} -- planted"),
    ),
    Planting("RP101", "a severity that does not exist", value_of("severity", f'{OPEN}"hihg"{CLOSE}')),
    Planting("RP101", "a risk score above 100", value_of("risk_score", f"{OPEN}101{CLOSE}")),
    Planting("RP101", "an interval without a unit", put("interval", f'{OPEN}"5"{CLOSE}')),
    Planting("RP101", "a from in words", value_of("from", f'{OPEN}"yesterday"{CLOSE}')),
    Planting("RP101", "an empty name", value_of("name", f'{OPEN}""{CLOSE}')),
    Planting("RP101", "a maturity that does not exist", value_of("maturity", f'{OPEN}"prodution"{CLOSE}', "metadata")),
    Planting("RP101", "a language of another type", only(typed("query"), value_of("language", f'{OPEN}"eql"{CLOSE}'))),
    Planting("RP101", "a zero for max_signals", put("max_signals", f"{OPEN}0{CLOSE}")),
    Planting("RP102", "no risk score", remove("risk_score")),
    Planting("RP102", "no severity", remove("severity")),
    Planting("RP102", "no name", remove("name")),
    Planting("RP102", "no type", remove("type")),
    Planting(
        "RP102",
        "no table [metadata]",
        lambda host: (
            f"{OPEN}{CLOSE}" + re.sub(r"(?ms)\A\[metadata\]\n.*?^\[rule\]", "[rule]", host.text)
            if "[[transform" not in host.text and "[transform]" not in host.text
            else None
        ),
    ),
    Planting(
        "RP102",
        "no name of a technique",
        technique(f'{OPEN}[[rule.threat.technique]]{CLOSE}\nid = "\\g<id>"\nreference = "\\g<url>"\n'),
    ),
    Planting(
        "RP102",
        "no threshold value",
        only(typed("threshold"), edit(r"(?ms)^(\[rule\.threshold\])(.*?)^value = \d+\n", rf"{OPEN}\1{CLOSE}\2")),
    ),
    Planting("RP103", "a name with a letter dropped", add(f"{OPEN}max_sgnals{CLOSE} = 50")),
    Planting(
        "RP103", "a field of another type", only(typed("query", "eql"), add(f"{OPEN}anomaly_threshold{CLOSE} = 50"))
    ),
    Planting("RP103", "a field in [metadata]", add(f'{OPEN}maturty{CLOSE} = "production"', "metadata")),
    Planting(
        "RP103", "a field in a technique", technique(rf'\g<0>{OPEN}technique_id{CLOSE} = "T1"\n'.replace("\\n", "\n"))
    ),
    Planting("RP103", "a table", append(f'[{OPEN}rules{CLOSE}]\nname = "x"')),
    Planting("RP104", "a number in quotes", edit(r"(?m)^risk_score = (\d+)$", rf'risk_score = {OPEN}"\1"{CLOSE}')),
    Planting("RP104", "a number for a name", value_of("name", f"{OPEN}47{CLOSE}")),
    Planting("RP104", "a word for a flag", add(f'enabled = {OPEN}"true"{CLOSE}')),
    Planting("RP104", "a date of TOML", value_of("creation_date", f"{OPEN}2026-01-01{CLOSE}", "metadata")),
    Planting("RP104", "a number among tags", entry("tags", f"{OPEN}7{CLOSE}, {{}}")),
    Planting(
        "RP105",
        "four threshold fields",
        only(
            lambda host: host.rule.type == "threshold" and (host.rule.metadata.min_stack_version or "8") < "9.2",
            _four_threshold_fields,
        ),
    ),
    Planting(
        "RP105",
        "a negated entry of a threat mapping",
        only(
            lambda host: host.rule.metadata.min_stack_version is None,
            edit(
                r"(?m)^\[\[rule\.threat_mapping\.entries\]\]\n(?:\w+ = .*\n)+",
                r"\g<0>\n[[rule.threat_mapping.entries]]\n"
                f'field = "host.name"\n{OPEN}negate{CLOSE} = true\ntype = "mapping"\nvalue = "threat.indicator.name"\n',
            ),
        ),
    ),
    Planting("RP106", "an escape in the name", edit(r'(?m)^name = "', rf"\g<0>{OPEN}\\u001b{CLOSE}")),
    Planting("RP106", "an override in the name", edit(r'(?m)^name = "', f"\\g<0>x{OPEN}\u202e{CLOSE}")),
    Planting("RP106", "a direction mark in the guide", guide(f"Some \N{GRINNING FACE} {OPEN}\u2066{CLOSE} text.")),
    Planting("RP106", "a carriage return in a tag", entry("tags", f'"a{OPEN}\\r{CLOSE}b", {{}}')),
    Planting(
        "RP107",
        "a timeline without title",
        only(lambda host: not has(host, "timeline_title"), add(f'{OPEN}timeline_id{CLOSE} = "x"')),
    ),
    Planting(
        "RP107",
        "a title without timeline",
        only(lambda host: not has(host, "timeline_id"), add(f'{OPEN}timeline_title{CLOSE} = "x"')),
    ),
    Planting(
        "RP107",
        "concurrent searches alone",
        only(
            lambda host: host.rule.type == "threat_match" and not has(host, "items_per_search"),
            add(f"{OPEN}concurrent_searches{CLOSE} = 1"),
        ),
    ),
    Planting(
        "RP107",
        "no history window",
        only(
            lambda host: host.rule.type == "new_terms" and has(host, "new_terms_fields"), remove("history_window_start")
        ),
    ),
    Planting(
        "RP108",
        "two default exception lists",
        only(
            lambda host: not has(host, "exceptions_list"),
            append(
                '[[rule.exceptions_list]]\nid = "a"\nlist_id = "a"\nnamespace_type = "single"\ntype = "rule_default"\n'
                '[[rule.exceptions_list]]\nid = "b"\nlist_id = "b"\nnamespace_type = "single"\n'
                f'type = {OPEN}"rule_default"{CLOSE}'
            ),
        ),
    ),
    Planting(
        "RP108",
        "a cardinality of what is grouped by",
        lambda host: (
            append(
                f'[[rule.threshold.cardinality]]\nfield = {OPEN}"{host.rule.threshold.fields[0]}"{CLOSE}\nvalue = 2'
            )(host)
            if host.rule.type == "threshold" and host.rule.threshold.fields and not host.rule.threshold.cardinality
            else None
        ),
    ),
    Planting(
        "RP108",
        "both shapes of new terms",
        only(
            lambda host: (
                host.rule.type == "new_terms" and has(host, "new_terms") and not has(host, "history_window_start")
            ),
            add(f'history_window_start = {OPEN}"now-14d"{CLOSE}', unless="history_window_start"),
        ),
    ),
    Planting("RP110", "two letters swapped", value_of("type", f'{OPEN}"qurey"{CLOSE}')),
    Planting("RP110", "a type of another tool", value_of("type", f'{OPEN}"correlation"{CLOSE}')),
    Planting(
        "RP301",
        "an id that does not exist",
        technique(
            f'[[rule.threat.technique]]\nid = {OPEN}"T9999"{CLOSE}\nname = "\\g<name>"\nreference = "\\g<url>"\n'
        ),
    ),
    Planting(
        "RP301",
        "a tactic that does not exist",
        edit(r'(?m)^(\[rule\.threat\.tactic\]\nid = )"[^"]+"', rf'\1{OPEN}"TA9999"{CLOSE}'),
    ),
    Planting(
        "RP302",
        "a technique of another tactic",
        only(
            lambda host: "TA0040" not in host.text and "T1485" not in host.text,
            technique(
                f'[[rule.threat.technique]]\nid = {OPEN}"T1485"{CLOSE}\nname = "Data Destruction"\n'
                'reference = "https://attack.mitre.org/techniques/T1485/"\n'
            ),
        ),
    ),
    Planting(
        "RP302",
        "a sub-technique of another technique",
        only(
            lambda host: "T1078" not in host.text,
            technique(
                r"\g<0>"
                "\n[[rule.threat.technique.subtechnique]]\n"
                f'id = {OPEN}"T1078.004"{CLOSE}\nname = "Cloud Accounts"\n'
                'reference = "https://attack.mitre.org/techniques/T1078/004/"\n'
            ),
        ),
    ),
    Planting(
        "RP303",
        "another name",
        technique(
            f'[[rule.threat.technique]]\nid = "\\g<id>"\nname = {OPEN}"Planted Name"{CLOSE}\nreference = "\\g<url>"\n',
            pattern=ANY_TECHNIQUE,
        ),
    ),
    Planting(
        "RP303",
        "another name of a tactic",
        edit(r'(?m)^(\[rule\.threat\.tactic\]\nid = ".*"\nname = )"[^"]+"', rf'\1{OPEN}"Planted Name"{CLOSE}'),
    ),
    Planting(
        "RP304",
        "a revoked technique",
        only(
            lambda host: _first_tactic(host) in GONE_FROM,
            technique(
                f'[[rule.threat.technique]]\nid = {OPEN}"T1086"{CLOSE}\nname = "PowerShell"\n'
                'reference = "https://attack.mitre.org/techniques/T1086/"\n'
            ),
        ),
    ),
    Planting(
        "RP304",
        "a deprecated technique",
        only(
            lambda host: _first_tactic(host) in GONE_FROM,
            technique(
                f'[[rule.threat.technique]]\nid = {OPEN}"T1064"{CLOSE}\nname = "Scripting"\n'
                'reference = "https://attack.mitre.org/techniques/T1064/"\n'
            ),
        ),
    ),
    Planting(
        "RP305",
        "the page of another technique",
        technique(
            f'[[rule.threat.technique]]\nid = "\\g<id>"\nname = "\\g<name>"\n'
            f'reference = {OPEN}"https://attack.mitre.org/techniques/T0000/"{CLOSE}\n',
            pattern=ANY_TECHNIQUE,
        ),
    ),
    Planting(
        "RP305",
        "http for https",
        edit(r'(?m)^(\[rule\.threat\.tactic\]\n.*\n.*\nreference = )"https://([^"]+)"', rf'\1{OPEN}"http://\2"{CLOSE}'),
    ),
    Planting(
        "RP306",
        "a technique twice",
        technique(
            f'\\g<0>\n[[rule.threat.technique]]\nid = {OPEN}"\\g<id>"{CLOSE}\n'
            'name = "\\g<name>"\nreference = "\\g<url>"\n'
        ),
    ),
    Planting(
        "RP307",
        "no slash at the end",
        edit(r'(?m)^(\[\[rule\.threat\.technique\]\]\n.*\n.*\nreference = )"([^"]+)/"$', rf'\1{OPEN}"\2"{CLOSE}'),
    ),
    Planting("RP401", "blanks and capitals", moved(name="Planted Rule.toml")),
    Planting("RP401", "hyphens", moved(name="planted-rule.toml")),
    Planting("RP402", "words", value_of("rule_id", f'{OPEN}"planted"{CLOSE}')),
    Planting("RP402", "capitals", value_of("rule_id", f'{OPEN}"ABCDEF00-0000-4000-8000-000000000001"{CLOSE}')),
    Planting("RP403", "a name with a blank", edit(r'(?m)^name = "(.*)"$', rf'name = {OPEN}"\1 "{CLOSE}')),
    Planting(
        "RP403",
        "a description with a blank",
        edit(r'(?m)^description = """\n([^\n]*\S)\n', rf'description = """\n\1{OPEN}  {CLOSE}\n'.replace("\\n", "\n")),
    ),
    Planting("RP410", "another building block type", put("building_block_type", f'{OPEN}"standard"{CLOSE}')),
    Planting(
        "RP411", "changed before it was written", value_of("updated_date", f'{OPEN}"2001/01/01"{CLOSE}', "metadata")
    ),
    Planting("RP412", "hyphens in a date", value_of("creation_date", f'{OPEN}"2020-01-01"{CLOSE}', "metadata")),
    Planting("RP412", "a day that does not exist", value_of("updated_date", f'{OPEN}"2026/02/30"{CLOSE}', "metadata")),
    Planting("RP413", "no maturity", remove("maturity", mark="[metadata]")),
    Planting("RP414", "a date of a rule in use", add(f'{OPEN}deprecation_date{CLOSE} = "2026/01/01"', "metadata")),
    Planting("RP415", "a tag twice", entry("tags", f"{{}}, {OPEN}{{}}{CLOSE}")),
    Planting(
        "RP415",
        "a tag in capitals",
        lambda host: (
            entry("tags", f"{{}}, {OPEN}{quoted(host.rule.tags[0].upper())}{CLOSE}")(host)
            if host.rule.tags and host.rule.tags[0].upper() != host.rule.tags[0]
            else None
        ),
    ),
    Planting("RP415", "an index twice", only(typed("query", "eql"), entry("index", f"{{}}, {OPEN}{{}}{CLOSE}"))),
    Planting("RP415", "a reference twice", entry("references", f"{{}}, {OPEN}{{}}{CLOSE}")),
    Planting("RP416", "a blank before an author", entry("author", f'{OPEN}" Planted"{CLOSE}, {{}}')),
    Planting("RP416", "an empty tag", entry("tags", f'{OPEN}""{CLOSE}, {{}}')),
    Planting(
        "RP416", "a blank behind a reference", entry("references", f'{OPEN}"https://example.org/x "{CLOSE}, {{}}')
    ),
    Planting("RP420", "a tag before an earlier one", entry("tags", f'{{}}, "~", {OPEN}"Planted"{CLOSE}')),
    Planting("RP417", "a title", entry("references", f'{OPEN}"A talk of 2019"{CLOSE}, {{}}')),
    Planting("RP417", "an address without https", entry("references", f'{OPEN}"www.example.org/x"{CLOSE}, {{}}')),
    Planting("RP418", "five thousand", put("max_signals", f"{OPEN}5_000{CLOSE}")),
    Planting("RP419", "an empty description", edit(r'(?ms)^description = """.*?"""', f'description = {OPEN}""{CLOSE}')),
    Planting(
        "RP419",
        "the name again",
        lambda host: edit(
            r'(?ms)^description = """.*?"""',
            f"description = {OPEN}{quoted(host.rule.name + '.')}{CLOSE}".replace("\\", "\\\\"),
        )(host),
    ),
    Planting("RP421", "a level skipped", guide(f"# Planted\n\n{OPEN}### Planted below{CLOSE}")),
    Planting(
        "RP421",
        "a level skipped in the setup guide",
        only(
            lambda host: not has(host, "setup") and "## Setup" not in (host.rule.note or ""),
            add(f"setup = '''\n## Setup\n\n{OPEN}#### Planted{CLOSE}\n'''"),
        ),
    ),
    Planting("RP422", "a number too high", guide(f"Look: {OPEN}$osquery_99{CLOSE}")),
    Planting("RP422", "braces", guide(f"\N{GRINNING FACE}e\u0301 {OPEN}${{investigate_77}}{CLOSE}")),
    Planting(
        "RP423",
        "a plugin without placeholder",
        only(
            lambda host: "[transform]" not in host.text and "[[transform" not in host.text,
            append(f'{OPEN}[[transform.osquery]]{CLOSE}\nlabel = "Planted"\nquery = "SELECT 1"'),
        ),
    ),
    Planting(
        "RP424",
        "a Setup section besides setup",
        only(lambda host: has(host, "setup"), guide(f"{OPEN}## Setup{CLOSE}\n\nPlanted.", without=("etup\n",))),
    ),
    Planting(
        "RP425",
        "a megabyte",
        lambda host: (
            (planted := guide("x" * 1_100_000)(host)) and planted.replace('\nnote = """', f'\n{OPEN}note{CLOSE} = """')
        ),
    ),
    Planting("RP426", "a heading twice", guide(f"## Planted\n\nOne.\n\n{OPEN}## Planted{CLOSE}\n\nTwo.")),
    Planting(
        "RP427",
        "Setup one level below",
        only(lambda host: not has(host, "setup"), guide(f"{OPEN}### Setup{CLOSE}\n\nPlanted.", without=("etup\n",))),
    ),
    Planting(
        "RP427",
        "Setup with a colon",
        only(lambda host: not has(host, "setup"), guide(f"{OPEN}## Setup:{CLOSE}\n\nPlanted.", without=("etup\n",))),
    ),
    Planting("RP428", "a plugin written out", guide(f'{OPEN}!{{osquery{{{CLOSE}"label":"a","query":"SELECT 1"}}}}')),
    Planting("RP428", "JSON with a mistake", guide(f'!{{osquery{{"label"{OPEN}"{CLOSE}a","query":"SELECT 1"}}}}')),
    Planting("RP429", "a blank in a link", guide(f"See [the page{OPEN}] (https://example.org/x){CLOSE} for more.")),
    Planting("RP429", "a link without address", guide(f"See [the page{OPEN}](){CLOSE} for more.")),
    Planting(
        "RP429", "a link that is not closed", guide(f"See [the page{OPEN}](https://example.org/x{CLOSE}\n\nMore.")
    ),
    Planting("RP429", "a link the wrong way round", guide(f"See (the page{OPEN})[https://example.org/x]{CLOSE}.")),
    Planting("RP429", "a blank in an address", guide(f"See [the page{OPEN}](https://example.org/x y){CLOSE}.")),
    Planting("RP429", "no blank behind the #", guide(f"{OPEN}####Planted{CLOSE}")),
    Planting("RP429", "a block of code that is not closed", guide(f"{OPEN}```sql{CLOSE}\nSELECT 1")),
    Planting(
        "RP431",
        "a look-back shorter than the interval",
        only(
            lambda host: "maxspan" not in host.text,
            chain(put("from", f'{OPEN}"now-2m"{CLOSE}'), put("interval", '"5m"')),
        ),
    ),
    Planting(
        "RP431",
        "an interval longer than the look-back",
        chain(put("interval", f'{OPEN}"2d"{CLOSE}'), edit(r"(?m)^from = .*\n", "")),
    ),
    Planting(
        "RP431",
        "an interval longer than the look-back, from given",
        chain(put("interval", '"2d"'), put("from", f'{OPEN}"now-9m"{CLOSE}')),
    ),
    Planting(
        "RP431",
        "an end before the beginning",
        only(
            lambda host: "maxspan" not in host.text,
            chain(put("from", f'{OPEN}"now-9m"{CLOSE}'), put("to", '"now-20m"')),
        ),
    ),
    Planting(
        "RP432",
        "an hour of STATS every five minutes",
        only(
            lambda host: (
                host.rule.type == "esql"
                and re.search(r"(?mi)^\| *stats\b", host.text)
                and "alert_suppression" not in host.text
                and "now(" not in host.text.lower()
            ),
            chain(put("from", f'{OPEN}"now-61m"{CLOSE}'), put("interval", '"5m"')),
        ),
    ),
    Planting(
        "RP432",
        "events without _id",
        only(
            lambda host: (
                host.rule.type == "esql"
                and "STATS" not in host.text.upper()
                and "_version" not in re.sub("(?i)metadata.*", "", host.text)
                and not has(host, "interval")
                and "alert_suppression" not in host.text
                and "now(" not in host.text.lower()
            ),
            chain(
                edit(r"(?mi)^(from .*?)\s*metadata _id[a-z_, ]*$", r"\1"), value_of("from", f'{OPEN}"now-61m"{CLOSE}')
            ),
        ),
    ),
    Planting("RP433", "a maxspan of two days", edit(r"\bmaxspan\s*=\s*\w+", f"maxspan={OPEN}2d{CLOSE}")),
    Planting(
        "RP434",
        "a history of two minutes",
        only(
            typed("new_terms"),
            edit(r'(?m)^(field = "history_window_start"\nvalue = )"[^"]+"$', rf'\1{OPEN}"now-2m"{CLOSE}'),
        ),
    ),
    Planting(
        "RP434",
        "a history of two minutes, flat",
        only(typed("new_terms"), value_of("history_window_start", f'{OPEN}"now-2m"{CLOSE}')),
    ),
    Planting(
        "RP441",
        "a data view besides",
        only(
            lambda host: not has(host, "data_view_id"),
            chain(add('data_view_id = "planted"'), edit(r"(?m)^index = \[", f"{OPEN}index{CLOSE} = [")),
        ),
    ),
    Planting(
        "RP442",
        "no index patterns",
        only(
            lambda host: has(host, "index"),
            chain(edit(r"(?ms)^index = \[.*?\]\n", ""), edit(r"(?m)^\[rule\]$", f"{OPEN}[rule]{CLOSE}")),
        ),
    ),
    Planting("RP201", "in a filter", filtered(f"host.name:{OPEN}({CLOSE}abc")),
    Planting("RP208", "in a filter", filtered(f"host.name:abc {OPEN}or{CLOSE} host.id:def")),
    Planting("RP211", "in a filter", filtered(f"{OPEN}host.nmae{CLOSE}:abc")),
    Planting(
        "RP212",
        "in a filter",
        only(
            lambda host: host.rule.type not in ("esql", "machine_learning"),
            append(f'[[rule.filters]]\n[rule.filters.query.match_phrase]\n{OPEN}"host.nmae"{CLOSE} = "abc"'),
        ),
    ),
    Planting("RP201", "in an action", append(ACTION.replace("@", f"host.name : {OPEN}({CLOSE}abc"))),
    Planting("RP203", "in an action", append(ACTION.replace("@", f"source.ip : {OPEN}300.1.1.1{CLOSE}"))),
    Planting(
        "RP201",
        "in threat_query",
        only(
            typed("threat_match"),
            edit(
                r"(?ms)^(threat_query = (?P<q>\"{3}|'{3}).*?)(?=\n?(?P=q)\n)", rf"\1 and {OPEN}({CLOSE}host.name : abc"
            ),
        ),
    ),
    Planting(
        "RP203",
        "in threat_query",
        only(
            typed("threat_match"),
            edit(
                r"(?ms)^(threat_query = (?P<q>\"{3}|'{3}).*?)(?=\n?(?P=q)\n)",
                rf"\1 and source.ip : {OPEN}300.1.1.1{CLOSE}",
            ),
        ),
    ),
    Planting(
        "RP212",
        "a threat mapping",
        only(
            typed("threat_match"),
            edit(r'(?m)^(\[\[rule\.threat_mapping\.entries\]\]\nfield = )"[^"]+"', rf'\1{OPEN}"host.nmae"{CLOSE}'),
        ),
    ),
    Planting(
        "RP501",
        "an id of another file",
        beside(
            mark_value("rule_id"),
            lambda host: re.sub("00000000-0000-4000-8000-00000000aa01", host.rule.rule_id, sample(1)(host)),
        ),
    ),
    Planting(
        "RP502",
        "a name of another file",
        beside(mark_value("name"), sample(1, name=lambda host: quoted(host.rule.name))),
    ),
    Planting(
        "RP504",
        "a name with other punctuation",
        beside(mark_value("name"), sample(1, name=lambda host: quoted(host.rule.name.upper() + "!"))),
    ),
    Planting("RP510", "a replacement that is nowhere", add(f'replacement = {OPEN}"planted"{CLOSE}', "metadata")),
    Planting(
        "RP505",
        "a rule in use among deprecated ones",
        lambda host: Planted(mark_value("maturity")(host), "rules/_deprecated/" + host.file.rpartition("/")[2]),
    ),
    Planting(
        "RP506",
        "a tag in capitals",
        beside(
            entry("tags", f"{OPEN}{quoted('Planted tag')}{CLOSE}, {{}}"),
            sample(1, tags=lambda _: '["Planted Tag"]'),
            sample(2, tags=lambda _: '["Planted Tag"]'),
        ),
    ),
    Planting(
        "RP507",
        "a copy",
        only(lambda host: host.query and host.rule.type not in ("esql", "saved_query"), beside(mark_query, copy())),
    ),
]


def _first_tactic(host):
    """The tactic of a host's only threat entry."""
    threats = host.rule.threat or ()
    return threats[0].tactic.id if len(threats) == 1 else None


PLANTINGS = (*IN_FILES, *IN_EXCEPTIONS, *IN_QUERIES, *OF_ELASTIC)
