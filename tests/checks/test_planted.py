"""Faults of every code, planted in good rules: each is found, at its place, and nothing else is said."""

import json
import random
import re
import tomllib
from collections import Counter
from dataclasses import dataclass, replace
from itertools import islice

import pytest
from checks.planted import GONE_FROM, PLANTINGS
from support import bundles
from support.planting import CLOSE, OPEN, Host, encoded, findings, hosts, new_findings, place, try_planting, unmark
from support.samples import ROOT, SHARED, needs_shared

from rulepack.checks import CHECKS
from rulepack.codes import CODES
from rulepack.project import Project, find_project
from rulepack.reference import Reference
from rulepack.reference.update import update_attack
from rulepack.reference.update_fields import update_beats, update_integrations

OPT_IN = {check.code.id: check.opt_in for check in CHECKS}
# How many public rules each fault is planted in.
HOSTS = 20
SEED = 20260131


@dataclass
class Ground:
    """Where faults are planted: a project's good rules, those with the checks that must be asked for, and the facts."""

    project: Project
    reference: Reference
    gone: Reference
    hosts: dict

    def project_of(self, code):
        sets = (OPT_IN[code],) if OPT_IN.get(code) else ()
        return replace(self.project, check_sets=sets)

    def reference_of(self, code):
        """Only RP304 needs techniques that are gone; rulepack's own tables have none of them."""
        return self.gone if code == "RP304" else self.reference

    def outcomes(self, planting, most):
        """What a planting gives in the first rules that it fits."""
        project, reference = self.project_of(planting.code), self.reference_of(planting.code)
        tried = (try_planting(planting, host, project, reference) for host in self.hosts[project.check_sets])
        return list(islice((outcome for outcome in tried if outcome is not None), most))


def ground(folder, project, reference, *, infos):
    phases = [name.lower().replace(" ", "-") for name in GONE_FROM.values()]
    bundle = bundles.bundle(
        bundles.collection("20.1"),
        *(bundles.tactic(*tactic) for tactic in GONE_FROM.items()),
        bundles.matrix(*GONE_FROM),
        bundles.technique("T1059.001", "PowerShell", *phases),
        bundles.technique("T1086", "PowerShell", *phases, revoked=True),
        bundles.technique("T1064", "Scripting", *phases, x_mitre_deprecated=True),
        bundles.relation("revoked-by", "T1086", "T1059.001"),
    )
    (folder / "gone.json").write_text(json.dumps(bundle), encoding="utf-8")
    update_attack(str(folder / "gone.json"), folder / "gone")
    paths = list(project.rule_files(()))
    random.Random(SEED).shuffle(paths)
    found = {
        sets: list(hosts(replace(project, check_sets=sets), reference, paths, infos=infos))
        for sets in ((), ("elastic",), ("tidy",))
    }
    return Ground(project, reference, Reference(folder / "gone"), found)


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """The rules of this project."""
    return ground(tmp_path_factory.mktemp("own"), find_project(ROOT), Reference(), infos=True)


@pytest.fixture(scope="module")
def public(tmp_path_factory):
    """The public rules, and the fields of their data as far as they are known."""
    folder, fields = tmp_path_factory.mktemp("public"), SHARED / "fields"
    schemas = [str(fields / name) for name in ("integration-manifests.json.gz", "integration-schemas-2024-07.json.gz")]
    update_integrations(schemas, folder / "reference", Reference().ecs)
    update_beats(str(fields / "beats-9.4.4.json.gz"), folder / "reference")
    reference = Reference(folder / "reference", (fields / "non-ecs-schema.json",), fields)
    project = Project(SHARED, "public", (SHARED / "corpus",), folder / "templates", folder / "docs")
    return ground(folder, project, reference, infos=False)


def told(outcomes):
    return "\n".join(str(one) for one in outcomes if one.verdict != "found")


def test_every_code_about_rule_files_has_a_planting():
    assert {one.code for one in PLANTINGS} == {code.id for code in CODES if code.id < "RP6"}


def test_no_two_plantings_have_one_name():
    assert [name for name, count in Counter(map(str, PLANTINGS)).items() if count > 1] == []


@pytest.mark.parametrize("planting", [one for one in PLANTINGS if not one.known], ids=str)
def test_a_fault_is_found_at_its_place_and_nothing_else(planting, own):
    outcomes = own.outcomes(planting, 1)
    if not outcomes:
        pytest.skip("fits no rule of this project")
    assert told(outcomes) == ""


def test_faults_that_are_known_to_be_missed_are_missed_still(own):
    """What is mended loses its mark."""
    outcomes = {str(one): own.outcomes(one, HOSTS) for one in PLANTINGS if one.known}
    assert [name for name, of_one in outcomes.items() if of_one and not told(of_one)] == []


@pytest.mark.slow
def test_a_fault_is_found_in_each_rule_of_this_project(own):
    outcomes = [one for planting in PLANTINGS if not planting.known for one in own.outcomes(planting, 100)]
    assert told(outcomes) == ""
    print(f"{len({one.planting.code for one in outcomes})} codes, {len(outcomes)} plantings in rules of this project")


@needs_shared
@pytest.mark.slow
def test_a_fault_is_found_in_public_rules(public):
    outcomes = [one for planting in PLANTINGS if not planting.known for one in public.outcomes(planting, HOSTS)]
    assert told(outcomes) == ""
    rules = {code.id: set() for code in CODES if code.id < "RP6"}
    for one in outcomes:
        rules[one.planting.code].add(one.host)
    # Of threshold rules, which alone can have fields of 9.2, there are 26 in all; of rules with sorted tags, 10.
    assert {code for code, of_code in rules.items() if len(of_code) < HOSTS} <= {"RP105", "RP420"}
    print(
        f"{len(rules)} codes, {len(outcomes)} plantings in public rules, {len({one.host for one in outcomes})} of them"
    )


# ---- ignores --------------------------------------------------------------------------------------------------


def ignoring(text, line, code):
    """A text with an ignore above what stands on a line: a key with its value, or a header."""
    lines = text.split("\n")
    for above in range(line - 1, -1, -1):
        try:
            tomllib.loads("\n".join(lines[:above]))
        except tomllib.TOMLDecodeError:
            continue
        return "\n".join([*lines[:above], f"# rulepack: ignore {code} -- planted", *lines[above:]])
    raise AssertionError(line)


@pytest.mark.parametrize("planting", [one for one in PLANTINGS if one.code in OPT_IN and not one.known], ids=str)
def test_an_ignore_silences_what_is_planted_and_nothing_else(planting, own):
    project, reference = own.project_of(planting.code), own.reference_of(planting.code)
    for host in own.hosts[project.check_sets]:
        planted = planting.on(host)
        if planted is None or (
            planting.code == "RP221" and findings(project, reference, (host.file, encoded(host.text)))
        ):
            continue
        text, (line, *_) = unmark(planted.text)
        beside = [(name, encoded(other)) for name, other in planted.beside]
        before = findings(project, reference, (host.file, encoded(host.text))) + findings(project, reference, *beside)
        quiet = encoded(ignoring(text, line, planting.code))
        assert new_findings(project, reference, before, *beside, (planted.file or host.file, quiet)) == []
        return
    pytest.skip("fits no rule of this project")


# ---- several faults, strings of all kinds, line ends ------------------------------------------------------------

TOGETHER = (
    "RP301 an id that does not exist",
    "RP305 http for https",
    "RP402 words",
    "RP403 a name with a blank",
    "RP411 changed before it was written",
    "RP416 an empty tag",
    "RP417 a title",
    "RP418 five thousand",
    "RP422 a number too high",
    "RP429 no blank behind the #",
    "RP103 a field in [metadata]",
    "RP101 a severity that does not exist",
    "RP212 a timestamp override",
    "RP223 all logs",
    "RP201 in an action",
)
QUERIES = ("RP231 KQL: two values at once", "RP201 EQL: one equals sign", "RP203 EQL: a number with a string")


@pytest.mark.parametrize("in_query", QUERIES)
def test_several_faults_are_all_said_in_one_run(in_query, own):
    by_name = {str(one): one for one in PLANTINGS}
    tried = 0
    for host in own.hosts[()]:
        before = findings(own.project, own.reference, (host.file, encoded(host.text)))
        text, codes = host.text, []
        for name in (*TOGETHER, in_query):
            planted = by_name[name].on(replace(host, text=text))
            if planted is not None:
                # The places of those before stay in the text, in other brackets.
                mark = chr(0xE000 + len(codes))
                text = planted.text.replace(OPEN, mark).replace(CLOSE, "")
                codes.append((mark, by_name[name].code))
        if codes[-1][1] != by_name[in_query].code or len(codes) < len(TOGETHER) - 3:
            continue
        wanted = []
        for mark, code in codes:
            alone = "".join(char for char in text if char == mark or not 0xE000 <= ord(char) < 0xE000 + len(codes))
            _, (line, column, *_) = unmark(alone.replace(mark, OPEN + CLOSE))
            wanted.append((line, column, code))
        plain = "".join(char for char in text if not 0xE000 <= ord(char) < 0xE000 + len(codes))
        new = new_findings(own.project, own.reference, before, (host.file, encoded(plain)))
        assert [(one.span.line, one.span.column, one.code.id) for one in new] == sorted(wanted), host.file
        tried += 1
    assert tried > 0


ODD = "\N{GRINNING FACE}e\u0301\t\N{MUSICAL SYMBOL G CLEF}"
STRINGS = {
    "literal of several lines": lambda text: f"'''\n{text}'''",
    "literal of several lines, begun at once": lambda text: f"'''{text}'''",
    "basic of several lines": lambda text: '"""\n' + escaped(text) + '"""',
    "basic of several lines, all escaped": lambda text: '"""' + escaped(text, everything=True) + '"""',
    "basic of several lines, folded": lambda text: (
        '"""\\\n   ' + escaped(text).replace(" and ", " and \\\n\n    ") + '"""'
    ),
    "literal": lambda text: "'" + text.replace("\n", " ") + "'",
    "basic": lambda text: '"' + escaped(text, everything=True) + '"',
}
FILES = {
    "LF": lambda text: text.encode(),
    "CRLF": lambda text: text.replace("\n", "\r\n").encode(),
    "a byte order mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "both": lambda text: b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode(),
}
IN_STRINGS = {
    "kuery": {
        "RP201": f'user.id : "{ODD}" and host.name : abc{OPEN}){CLOSE}',
        "RP203": f'user.id : "{ODD}" and source.ip : {OPEN}300.1.1.1{CLOSE}',
        "RP211": f'user.id : "{ODD}" and {OPEN}proecss.name{CLOSE} : abc',
        "RP231": f'user.id : "{ODD}" and host.name : abc\n\tand {OPEN}host.name : def{CLOSE}',
        "RP234": f'user.id : "{ODD}" and host.name : (abc or "x\\\\y" or {OPEN}abc{CLOSE})',
    },
    "eql": {
        "RP201": f'any where user.id == "{ODD}" and host.name {OPEN}={CLOSE} "abc"',
        "RP203": f'process where user.id == "{ODD}"\n\tand process.pid == {OPEN}"12"{CLOSE}',
        "RP208": f'process where user.id == "{ODD}" and host.name == {OPEN}"a\\\\b*"{CLOSE}',
        "RP234": f'process where user.id == "{ODD}" and host.name in ("abc", "def", {OPEN}"abc"{CLOSE})',
    },
    "esql": {
        "RP201": f'FROM logs-acme.x-*\n| WHERE user.id == "{ODD}" and host.name {OPEN}={CLOSE} "abc"',
        "RP202": f'FROM logs-acme.x-*\n| WHERE user.id == "{ODD}" and {OPEN}LENGHT{CLOSE}(host.name) > 3',
        "RP206": "FROM logs-acme.x-*\n"
        f'| WHERE user.id == "{ODD}"\n| KEEP host.name | WHERE {OPEN}user.id{CLOSE} IS NOT NULL',
    },
    "lucene": {
        "RP201": f'user.id:"{ODD}" AND host.name:{OPEN}({CLOSE}abc',
        "RP208": f'user.id:"{ODD}" AND (host.name:abc {OPEN}or{CLOSE} host.name:def)',
    },
}


def escaped(text, *, everything=False):
    """A text as it stands in a basic string; with `everything`, all that can be is an escape."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    if not everything:
        return plain
    plain = plain.replace("\n", "\\n").replace("\t", "\\t")
    return "".join(
        char
        if char.isascii() or char in (OPEN, CLOSE)
        else f"\\u{ord(char):04X}"
        if ord(char) < 0x10000
        else f"\\U{ord(char):08X}"
        for char in plain
    )


def rule_with(language, query):
    rule_type = {"eql": "eql", "esql": "esql"}.get(language, "query")
    index = "" if language == "esql" else 'index = ["logs-acme.x-*"]\n'
    return (
        '[metadata]\ncreation_date = "2026/01/01"\nmaturity = "production"\nupdated_date = "2026/01/02"\n\n'
        f'[rule]\ndescription = "A sample."\n{index}language = "{language}"\nname = "Sample {ODD}"\n'.replace("\t", "")
        + f'risk_score = 21\nrule_id = "00000000-0000-4000-8000-000000000001"\nseverity = "low"\ntype = "{rule_type}"\n'
        f"query = {query}\n"
    )


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("string", STRINGS)
def test_a_fault_in_a_query_is_found_in_strings_of_every_kind(string, file, own):
    for language, queries in IN_STRINGS.items():
        for code, query in queries.items():
            text, expected = unmark(rule_with(language, STRINGS[string](f"{query}\n")))
            found = findings(own.project, own.reference, ("rules/x.toml", FILES[file](text)))
            assert [(one.code.id, place(one.span)) for one in found] == [(code, expected)], (language, code, text)


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    ("code", "line"),
    [
        ("RP415", f'tags = [\n    # {ODD}\n    "{ODD}", "b", # c\n    "c", {OPEN}"{ODD}"{CLOSE},\n]'),
        (
            "RP416",
            f"references = ['''https://example.org/{ODD[:2]}''', {OPEN}\"\"\"\nhttps://example.org/x \"\"\"{CLOSE}]",
        ),
        ("RP417", f"references = [\n  'https://example.org/a', # {ODD}\n\t{OPEN}'''a {ODD}'''{CLOSE},\n]"),
        ("RP106", f'tags = ["a", "{ODD.replace(chr(9), "")}{OPEN}\\u0007{CLOSE}"]'),
        ("RP429", f'note = """\\\n   ## {ODD}\\\n   \n\n{ODD.replace(chr(9), " ")} [x{OPEN}](){CLOSE} \\"\n"""'),
        ("RP421", f"note = '''# a {ODD}\r\n\n{OPEN}### {ODD} b{CLOSE}\n'''".replace("\r", "")),
        ("RP212", f'timestamp_override = {OPEN}"event.ingestde"{CLOSE} # {ODD}'),
        ("RP103", f'{OPEN}"{ODD[0]}"{CLOSE} = 1'),
    ],
)
def test_a_fault_beside_odd_characters_is_found_at_its_place(code, line, file, own):
    text = rule_with("kuery", "'event.category : process'").replace("\nrisk_score", f"\n{line}\nrisk_score")
    text, expected = unmark(text)
    found = findings(own.project, own.reference, ("rules/x.toml", FILES[file](text)))
    assert [(one.code.id, place(one.span)) for one in found] == [(code, expected)]


# ---- many of a kind -----------------------------------------------------------------------------------------------


def many(code):
    """A rule with two hundred findings of a kind."""
    text = rule_with("kuery", "'event.category : process'")
    numbers = range(200)
    added = {
        "RP103": "\n".join(f"key_{n} = 1" for n in numbers),
        "RP106": "tags = [" + ", ".join(f'"tag {n}\\u0007"' for n in numbers) + "]",
        "RP415": 'tags = ["a", ' + ", ".join('"a"' for _ in numbers) + "]",
        "RP416": "tags = [" + ", ".join(f'" a{n}"' for n in numbers) + "]",
        "RP417": "references = [" + ", ".join(f'"a{n}"' for n in numbers) + "]",
        "RP422": "note = '''\n" + "\n".join(f"$osquery_{n}" for n in numbers) + "\n'''",
        "RP429": "note = '''\n" + "\n\n".join("[x]()" for _ in numbers) + "\n'''",
        "RP426": "note = '''\n" + "# x\n\n" * 201 + "'''",
        "RP223": "index = [" + ", ".join(f'"logs-{"*-" * n}*"' for n in range(1, 201)) + "]",
        "RP464": "tags = [" + ", ".join(f'"a{n}"' for n in numbers) + "]",
    }
    if code in added:
        text = text.replace('index = ["logs-acme.x-*"]\n', "") if code == "RP223" else text
        return text.replace("\nrisk_score", f"\n{added[code]}\nrisk_score")
    if code == "RP301":
        techniques = "".join(
            f'[[rule.threat.technique]]\nid = "T9{n:03}"\nname = "x"\nreference = "https://attack.mitre.org/techniques/T1/"\n'
            for n in numbers
        )
        return (
            f'{text}\n[[rule.threat]]\nframework = "MITRE ATT&CK"\n{techniques}[rule.threat.tactic]\nid = "TA0002"\n'
            'name = "Execution"\nreference = "https://attack.mitre.org/tactics/TA0002/"\n'
        )
    if code == "RP423":
        return text + "".join(f'[[transform.osquery]]\nlabel = "{n}"\nquery = "SELECT 1"\n' for n in numbers)
    query = {
        "RP211": " or ".join(f"proecss.name : a{n}" for n in numbers),
        "RP203": " or ".join(f"source.ip : 300.1.{n}.1" for n in numbers),
        "RP234": "host.name : (abc or " + " or ".join("abc" for n in numbers) + ")",
    }[code]
    return rule_with("kuery", f"'{query}'")


@pytest.mark.parametrize(
    "code",
    [
        "RP103",
        "RP106",
        "RP415",
        "RP416",
        "RP417",
        "RP422",
        "RP423",
        "RP426",
        "RP429",
        "RP223",
        "RP301",
        "RP464",
        "RP211",
        "RP203",
        "RP234",
    ],
)
def test_of_two_hundred_of_a_kind_a_hundred_are_listed(code, own):
    found = findings(own.project_of(code), own.reference, ("rules/x.toml", many(code).encode()))
    of_code = [one for one in found if one.code.id == code]
    assert {one.code.id for one in found if not OPT_IN.get(one.code.id)} <= {code}
    assert len(of_code) == 100
    assert "there are more like this" in of_code[-1].message


def test_of_two_hundred_tags_written_otherwise_a_hundred_are_listed(own):
    """A check of all rules together lists no more of one file than one that looks at rules alone."""
    tags = [f"Planted tag {number}" for number in range(200)]

    def rule(number, tags):
        text = rule_with("kuery", f"'event.category : process and host.name : h{number}'")
        text = text.replace("8000-000000000001", f"8000-00000000000{number}").replace('"Sample', f'"Sample {number}')
        return f"rules/x{number}.toml", text.replace("[rule]\n", f"[rule]\ntags = {json.dumps(tags)}\n").encode()

    files = [rule(1, tags), rule(2, tags), rule(3, [tag.upper() for tag in tags])]
    found = findings(own.project, own.reference, *files)
    assert {(one.code.id, one.span.file) for one in found} == {("RP506", "rules/x3.toml")}
    assert len(found) == 100
    assert "there are more like this" in found[-1].message


# ---- nothing follows from a refused value -------------------------------------------------------------------------

KEY = re.compile(r"(?m)^(?P<key>[a-z_]+) = ")


@pytest.mark.parametrize("sets", [(), ("elastic",)], ids=["default", "elastic"])
def test_from_a_value_of_the_wrong_type_nothing_else_follows(sets, own):
    project = replace(own.project, check_sets=sets)
    for host in own.hosts[sets][::3]:
        before = findings(project, own.reference, (host.file, encoded(host.text)))
        for start, end in values_of(host.text):
            text, expected = unmark(f"{host.text[:start]}{OPEN}1979-05-27{CLOSE}{host.text[end:]}")
            new = new_findings(project, own.reference, before, (host.file, encoded(text)))
            assert [(one.code.id, place(one.span)) for one in new] == [("RP104", expected)], text[
                start - 60 : start + 20
            ]


def values_of(text):
    """Where the value of each key in [metadata], [rule] and the tables below is, found by trying where it ends."""
    kept = text.partition("[transform]")[0].partition("[[transform")[0] if text.find("[transform") > 0 else text
    for match in KEY.finditer(kept):
        if _parses(text[: match.start()]):
            end = text.find("\n", match.end())
            while not _parses(text[match.start() : end]):
                end = text.find("\n", end + 1)
            yield match.end(), end


def _parses(text):
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return False
    return True


def test_a_planting_that_does_nothing_is_missed(own):
    """The tests above can fail: a place that is not the fault's, and a fault that is none, are told apart."""
    fault = next(one for one in PLANTINGS if str(one) == "RP402 words")
    host = own.hosts[()][0]
    assert try_planting(fault, host, own.project, own.reference).verdict == "found"
    harmless = replace(fault, plant=lambda host: host.text.replace("[rule]", f"[rule]\n# {OPEN}{CLOSE}", 1))
    assert try_planting(harmless, host, own.project, own.reference).verdict == "missed"
    elsewhere = replace(
        fault, plant=lambda host: OPEN + CLOSE + fault.on(host).text.replace(OPEN, "").replace(CLOSE, "")
    )
    assert try_planting(elsewhere, host, own.project, own.reference).verdict == "misplaced"
    other = replace(fault, code="RP101")
    assert try_planting(other, host, own.project, own.reference).verdict == "missed"
    both = replace(
        fault,
        plant=lambda host: fault.on(host).text.replace("\nseverity = ", '\nbuilding_block_type = "x"\nseverity = ', 1),
    )
    assert isinstance(host, Host)
    assert try_planting(both, host, own.project, own.reference).verdict == "extra"
