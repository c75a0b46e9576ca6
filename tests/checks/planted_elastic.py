"""Faults that are planted in good rules, for the checks of the set `elastic`."""

import re

from support.planting import CLOSE, OPEN, Planted, Planting, add, chain, edit, entry, has, only, put, value_of

BLOCKS = "rules_building_block"
SYSTEMS = ("linux", "macos", "windows")


def moved(folder=None, name=None):
    """A planting that leaves the text alone and moves the file; the place is the file's beginning."""

    def plant(host):
        path, _, own = host.file.rpartition("/")
        return Planted(f"{OPEN}{CLOSE}{host.text}", f"{folder or path}/{name or own}")

    return plant


def header(*changes, table="rule"):
    """A planting that makes changes, and whose place is the header of a table."""
    return chain(*changes, edit(rf"(?m)^\[{table}\]$", f"{OPEN}[{table}]{CLOSE}"))


def without(key):
    """A change that takes a key with a value of one line out."""
    return edit(rf"(?m)^{key} = (?!\[$|'''|\"\"\").+\n", "")


def in_folder(folder, plant):
    """A planting in a file that is moved to another folder as well."""

    def moving(host):
        text = plant(host)
        return Planted(text, f"{folder}/{host.file.rpartition('/')[2]}") if text else None

    return moving


def plain(host):
    """Whether a rule is no building block rule."""
    return not has(host, "building_block_type")


def folder_of(host):
    """The name of the folder that a host is in."""
    return host.file.split("/")[-2]


PLANTINGS = (
    Planting(
        "RP450",
        "no tactic in the file's name",
        only(lambda host: host.rule.threat and host.rule.type != "machine_learning", moved(name="planted_rule.toml")),
    ),
    Planting(
        "RP451",
        "a building block rule elsewhere",
        only(
            plain,
            chain(add(f'{OPEN}building_block_type{CLOSE} = "default"'), add("bypass_bbr_timing = true", "metadata")),
        ),
    ),
    Planting(
        "RP451",
        "a rule in use among building block rules",
        only(
            lambda host: plain(host) and folder_of(host) not in SYSTEMS,
            in_folder(BLOCKS, header(entry("tags", '"Rule Type: BBR", {}'))),
        ),
    ),
    Planting(
        "RP452",
        "a building block rule that looks back less",
        only(
            lambda host: not plain(host) and "maxspan" not in host.text and "bypass" not in host.text,
            chain(put("from", f'{OPEN}"now-90m"{CLOSE}'), put("interval", '"60m"')),
        ),
    ),
    Planting(
        "RP452",
        "a building block rule without interval",
        only(
            lambda host: not plain(host) and "bypass" not in host.text,
            header(without("interval"), put("from", '"now-119m"')),
        ),
    ),
    Planting(
        "RP453", "no date of deprecation", header(value_of("maturity", '"deprecated"', "metadata"), table="metadata")
    ),
    Planting(
        "RP453",
        "changed after it was deprecated",
        chain(
            value_of("maturity", '"deprecated"', "metadata"),
            add(f'deprecation_date = {OPEN}"2020/01/01"{CLOSE}', "metadata"),
        ),
    ),
    Planting(
        "RP454",
        "no comment",
        chain(
            lambda host: without("min_stack_comments")(host) or host.text,
            only(
                lambda host: not has(host, "min_stack_version", "metadata"),
                add(f'{OPEN}min_stack_version{CLOSE} = "9.0.0"', "metadata"),
            ),
        ),
    ),
    Planting(
        "RP455",
        "an old version",
        only(
            lambda host: not has(host, "min_stack_version", "metadata"),
            chain(
                add(f'min_stack_version = {OPEN}"8.14.0"{CLOSE}', "metadata"),
                add('min_stack_comments = "x"', "metadata"),
            ),
        ),
    ),
    Planting(
        "RP456",
        "a score of 99",
        only(lambda host: host.rule.severity != "critical", value_of("risk_score", f"{OPEN}99{CLOSE}")),
    ),
    Planting(
        "RP456",
        "a score of 0",
        only(lambda host: host.rule.severity != "low", value_of("risk_score", f"{OPEN}0{CLOSE}")),
    ),
    Planting("RP457", "another version", put("license", f'{OPEN}"Elastic License 2.0"{CLOSE}')),
    Planting(
        "RP458",
        "an integration of other data",
        only(
            lambda host: (
                host.rule.type not in ("machine_learning", "threat_match")
                and (has(host, "index") or host.rule.type == "esql")
                and not re.search(
                    r'\.alerts-security|"logs-\*|problemchild|"dga"|"ded"|"lmd"|"beaconing"|"pad"', host.text
                )
            ),
            edit(r"(?m)^integration = \[", rf'\g<0>{OPEN}"planted"{CLOSE}, '),
        ),
    ),
    Planting(
        "RP459",
        "data of another integration",
        only(
            lambda host: (
                host.rule.type in ("eql", "query", "threshold", "new_terms")
                and "dataset" not in (host.query or "dataset")
            ),
            entry("index", f'{OPEN}"logs-planted.events-*"{CLOSE}, {{}}'),
        ),
    ),
    Planting(
        "RP460",
        "no section on triage",
        only(
            lambda host: host.rule.severity in ("high", "critical") and plain(host),
            chain(
                edit(r"(?m)^(note = \"{3}[ \n]*)## Triage and [Aa]nalysis", r"\1## Planted"),
                edit(r"(?m)^note = ", f"{OPEN}note{CLOSE} = "),
            ),
        ),
    ),
    Planting(
        "RP460",
        "a high severity without a guide",
        only(
            lambda host: not has(host, "note") and plain(host),
            header(value_of("severity", '"high"'), value_of("risk_score", "73")),
        ),
    ),
    Planting(
        "RP461",
        "the guide of another rule",
        edit(r"(?m)^(#+) Investigating .*$", rf"{OPEN}\1 Investigating Planted Rule{CLOSE}"),
    ),
    Planting(
        "RP462",
        "no tag of the tactic",
        only(
            lambda host: (
                host.rule.threat
                and host.rule.type != "machine_learning"
                and len([tag for tag in host.rule.tags or () if tag.startswith("Tactic: ")]) == 1
            ),
            chain(edit(r'(?m)"Tactic: [^"]+",?[ \n]*', ""), edit(r"(?m)^tags = ", f"{OPEN}tags{CLOSE} = ")),
        ),
    ),
    Planting(
        "RP462",
        "no tag of the operating system",
        only(
            lambda host: folder_of(host) in SYSTEMS,
            chain(
                lambda host: edit(
                    r'(?m)"OS: {}",?[ \n]*'.format(
                        {"linux": "Linux", "macos": "macOS", "windows": "Windows"}[folder_of(host)]
                    ),
                    "",
                )(host),
                edit(r"(?m)^tags = ", f"{OPEN}tags{CLOSE} = "),
            ),
        ),
    ),
    Planting(
        "RP462",
        "no tag of the guide",
        only(
            lambda host: "Investigating" in (host.rule.note or ""),
            chain(
                edit(r'(?m)"Resources: Investigation Guide",?[ \n]*', ""),
                edit(r"(?m)^tags = ", f"{OPEN}tags{CLOSE} = "),
            ),
        ),
    ),
    Planting(
        "RP463",
        "a tactic that no threat entry has",
        only(
            lambda host: host.rule.threat and host.rule.type != "machine_learning",
            entry("tags", f'{OPEN}"Tactic: Planted"{CLOSE}, {{}}'),
        ),
    ),
    Planting("RP464", "a tag of no kind", entry("tags", f'{OPEN}"Planted"{CLOSE}, {{}}')),
    Planting("RP464", "a prefix with a letter dropped", entry("tags", f'{OPEN}"Use Cse: Planted"{CLOSE}, {{}}')),
    Planting(
        "RP465",
        "no timestamp override",
        only(
            lambda host: host.rule.query_language in ("kuery", "eql") and "sequence" not in (host.query or "sequence"),
            header(edit(r'(?m)^timestamp_override = "event\.ingested"\n', "")),
        ),
    ),
    Planting(
        "RP465",
        "the time of the event",
        only(
            lambda host: host.rule.query_language in ("kuery", "eql") and "sequence" not in (host.query or "sequence"),
            edit(r'(?m)^timestamp_override = "event\.ingested"$', f'timestamp_override = {OPEN}"@timestamp"{CLOSE}'),
        ),
    ),
    Planting(
        "RP466",
        "no from",
        only(
            lambda host: (
                '"logs-endpoint.events.' in host.text
                and plain(host)
                and not has(host, "interval")
                and "maxspan" not in host.text
                and host.rule.type not in ("esql", "new_terms")
            ),
            header(without("from")),
        ),
    ),
    Planting(
        "RP467",
        "every minute",
        chain(
            edit(r"\bmaxspan ?= ?\w+", "maxspan=10m"), put("from", '"now-60m"'), put("interval", f'{OPEN}"1m"{CLOSE}')
        ),
    ),
    Planting(
        "RP468",
        "no host.os.type",
        only(
            lambda host: (
                folder_of(host) in SYSTEMS
                and host.rule.query_language in ("kuery", "eql")
                and host.query
                and "host.os.type" in host.query
            ),
            lambda host: re.sub(
                r"(?m)^query = '''",
                f"{OPEN}query{CLOSE} = '''",
                host.with_query(host.query.replace("host.os.type", "host.os.family")),
            ),
        ),
    ),
)
