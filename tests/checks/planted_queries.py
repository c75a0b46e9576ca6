"""Faults that are planted in the queries of good rules, in each language, and in the schedule that goes with them."""

import re
from dataclasses import replace

from support.planting import CLOSE, OPEN, Planted, Planting, edit, only

# Fields that any data have, of which a query seldom asks for more than one.
FREE = ("host.name", "user.id", "agent.id", "host.id", "user.name", "event.id")
WHERE = re.compile(r"\bwhere\s+(?!true\b)")
ESQL_NAMES = re.compile(r"\b[a-z]+(?:\.[a-z_]+)+\b")


def free(host, number=0):
    """A field that the query does not use; `number` tells several apart."""
    unused = [name for name in FREE if name not in host.query]
    return unused[number] if len(unused) > number else None


def kql(front):
    """A planting that puts something before a KQL query: `{}` stands for it in parentheses, FIELD for a field."""
    return _in(
        lambda host: host.rule.query_language == "kuery" and host.rule.type in ("query", "threshold", "new_terms"),
        lambda query: front.replace("{}", f"({query.strip()})") + "\n",
    )


def lucene(query, end="\n"):
    """A planting that makes a KQL rule a Lucene rule with another query."""

    def plant(host):
        if host.rule.type != "query" or host.query is None or 'language = "kuery"' not in host.text:
            return None
        as_lucene = replace(host, text=host.text.replace('language = "kuery"', 'language = "lucene"'))
        return as_lucene.with_query(query + end)

    return plant


def eql(condition):
    """A planting that puts a condition before the first one of an EQL query."""

    def change(query):
        match = WHERE.search(query)
        if match is None or "//" in query[: match.start()]:
            return None
        return f"{query[: match.end()]}{condition} and {query[match.end() :]}"

    return _in(lambda host: host.rule.type == "eql", change)


def eql_text(pattern, new, *, flags=re.MULTILINE):
    """A planting that changes the first match of an expression in an EQL query."""
    return _in(lambda host: host.rule.type == "eql", lambda query: _changed(query, pattern, new, flags))


def esql(command):
    """A planting that puts a command behind an ES|QL query's FROM."""

    def change(query):
        first = query.find("\n|")
        if first < 0 or any(mark in query[:first] for mark in ("//", "/*", "(", '"')):
            return None
        return f"{query[:first]}\n| {command}{query[first:]}"

    return _in(lambda host: host.rule.type == "esql", change)


def esql_end(command):
    """A planting that puts a command at the end of an ES|QL query."""
    return _in(lambda host: host.rule.type == "esql", lambda query: f"{query.rstrip()}\n| {command}\n")


def esql_text(pattern, new, *, flags=re.MULTILINE):
    """A planting that changes the first match of an expression in an ES|QL query."""
    return _in(lambda host: host.rule.type == "esql", lambda query: _changed(query, pattern, new, flags))


def older(plant):
    """A planting for rules that go to every stack."""
    return lambda host: plant(host) if host.rule.metadata.min_stack_version is None else None


def alerts_once(host):
    """Whether no two runs of a rule look at the same time, so that RP432 has nothing to say if its query changes."""
    return re.search(r'(?m)^from = "now-[6-9]m"$', host.text) is not None


def _changed(query, pattern, new, flags):
    text, count = re.compile(pattern, flags).subn(new, query, count=1)
    return text if count else None


def _in(fits, change, *, unused=("process.interactive", "process.pid", "source.ip", "event.category", "event.outcome")):
    """A planting that changes the query of hosts that fit; of `unused` fields nothing else may be asked."""

    def plant(host):
        if host.query is None or not host.query.strip() or not fits(host):
            return None
        new = change(host.query)
        if new is not None and any(
            name in new and name in host.query and new.count(name) > host.query.count(name) for name in unused
        ):
            return None
        for number, name in enumerate(("FIELD", "OTHER")):
            if new is not None and name in new:
                field = free(host, number)
                new = new.replace(name, field) if field else None
        return host.with_query(new) if new is not None else None

    return plant


def _behind_keep(query):
    match = re.search(r"(?mi)^\|\s*keep\s+([^|*()]*)\Z", query.rstrip())
    if match is None or "event.kind" in query:
        return None
    return f'{query.rstrip()}\n| WHERE {OPEN}event.kind{CLOSE} == "event"\n'


def _never_missing(query):
    if not re.match(r"\s*sequence\s+by\b[^\[]*\bmaxspan\b", query) or not re.search(r"(?<!\()\]\s*\Z", query):
        return None
    return (
        None
        if re.search(r"!\[|\buntil\b|\]\s*by\b", query)
        else f"{query.rstrip()}\n  {OPEN}![process where false]{CLOSE}\n"
    )


def _until(query):
    steps = re.findall(r"\[(?:[^\[\]\"]|\"[^\"]*\")*\]", query)
    if (
        "![" in query
        or not re.match(r"\s*sequence\b", query)
        or len(steps) != 2
        or "//" in query
        or not query.rstrip().endswith("]")
    ):
        return None
    marked = query.rstrip()[: -len(steps[1])] + f"{OPEN}{steps[1]}{CLOSE}"
    return f"{marked}\nuntil {steps[1]}\n"


def _contained(host):
    """The host narrowed, behind a wide copy of it."""
    if host.query is None or host.rule.type not in ("query", "eql") or "sequence" in host.query or "|" in host.query:
        return None
    narrow = (kql("FIELD : abc and {}") if host.rule.query_language == "kuery" else eql('FIELD == "abc"'))(host)
    if narrow is None or host.rule.query_language == "lucene":
        return None
    other = re.sub(r'(?m)^rule_id = ".*"$', 'rule_id = "00000000-0000-4000-8000-0000000000fe"', host.text)
    other = re.sub(r'(?m)^name = ".*"$', 'name = "A wide rule"', other, count=1)
    return Planted(
        re.sub(r"(?m)^query = '''", f"{OPEN}query{CLOSE} = '''", narrow), None, (("rules/aa_wide.toml", other),)
    )


P = Planting
OVERRIDE = edit(r'(?m)^timestamp_override = "event.ingested"$', f'timestamp_override = {OPEN}"event.ingestde"{CLOSE}')
SHOWN_FIRST = edit(r'(?m)^(\[rule\.investigation_fields\]\nfield_names = \[\s*)"[^"]+"', rf'\1{OPEN}"host.nmae"{CLOSE}')


SYNTAX = [
    P("RP201", "KQL: a quote that is not closed", kql(f'{{}} and FIELD : {OPEN}"abc{CLOSE}')),
    P("RP201", "KQL: a parenthesis that is not closed", kql(f"{{}} and {OPEN}({CLOSE}FIELD : abc")),
    P("RP201", "KQL: a parenthesis too many", kql(f"FIELD : abc{OPEN}){CLOSE} and {{}}")),
    P("RP201", "KQL: no value", kql(f"FIELD : {OPEN}and{CLOSE} {{}}")),
    P("RP201", "KQL: two ands", kql(f"FIELD : abc and {OPEN}and{CLOSE} {{}}")),
    P("RP201", "KQL: no operand", kql(f"{OPEN}or{CLOSE} {{}}")),
    P("RP201", "KQL: an and at the end", kql(f"{{}} and FIELD : abc {OPEN}or{CLOSE}")),
    P("RP201", "EQL: one equals sign", eql(f'FIELD {OPEN}={CLOSE} "abc"')),
    P(
        "RP201",
        "EQL: a string that is not closed",
        lambda host: (
            eql_text(r"(?<=[\w\)\"])[ \n]*\Z", f' and host.name == {OPEN}"abc{CLOSE}\n')(host)
            if host.query and "|" not in host.query and "sequence" not in host.query
            else None
        ),
    ),
    P("RP201", "EQL: single quotes", eql(f"FIELD == {OPEN}'abc'{CLOSE}")),
    P("RP201", "EQL: an old raw string", eql(f'FIELD == {OPEN}?"abc"{CLOSE}')),
    P("RP201", "EQL: two ands", eql(f'FIELD == "abc" and {OPEN}and{CLOSE} host.id != null')),
    P("RP201", "EQL: no value", eql(f"FIELD == {OPEN}and{CLOSE} host.id != null")),
    P("RP201", "EQL: a parenthesis that is not closed", eql(f'{OPEN}({CLOSE}FIELD == "abc"')),
    P("RP201", "EQL: a list without its end", eql(f'FIELD in {OPEN}({CLOSE}"abc", "def" and host.id != null')),
    P(
        "RP201",
        "EQL: no where",
        eql_text(r"(?m)^(\s*\[?(?:process|file|network|any) )where\b", rf"\1{OPEN}wehre{CLOSE}"),
    ),
    P(
        "RP201",
        "EQL: a bracket that is not closed",
        eql_text(
            r"\A(?!.*\]\s*(?:by|with)\b)(\s*sequence[^\[]*)(\[)((?:[^\[\]\"]|\"[^\"]*\")*)\]",
            rf"\1{OPEN}\2{CLOSE}\3",
            flags=re.DOTALL,
        ),
    ),
    P(
        "RP201",
        "EQL: a bracket before by or with that is not closed",
        eql_text(
            r"\A(\s*sequence[^\[]*)(\[)((?:[^\[\]\"]|\"[^\"]*\")*)\](?=\s*(?:by|with)\b)", rf"\1{OPEN}\2{CLOSE}\3"
        ),
    ),
    P("RP201", "ES|QL: a command that does not exist", esql(f'{OPEN}WHER{CLOSE} FIELD == "abc"')),
    P("RP201", "ES|QL: one equals sign", esql(f'WHERE FIELD {OPEN}={CLOSE} "abc"')),
    P("RP201", "ES|QL: a string that is not closed", esql_end(f'WHERE host.name == {OPEN}"abc{CLOSE}')),
    P("RP201", "ES|QL: no condition", esql_text(r"\n(\s*)\|", rf"\n\1| WHERE{OPEN}\n\1|{CLOSE}")),
    P("RP201", "ES|QL: two ands", esql(f'WHERE FIELD == "abc" AND {OPEN}AND{CLOSE} host.id IS NOT NULL')),
    P("RP201", "ES|QL: a parenthesis that is not closed", esql(f'WHERE {OPEN}({CLOSE}FIELD == "abc"')),
    P("RP201", "ES|QL: single quotes", esql(f"WHERE FIELD == {OPEN}'abc'{CLOSE}")),
    P(
        "RP201",
        "Lucene: a quote that is not closed",
        lucene(f'event.category:process AND host.name:{OPEN}"abc\n{CLOSE}', end=""),
    ),
    P("RP201", "Lucene: a parenthesis that is not closed", lucene(f"event.category:{OPEN}({CLOSE}process OR file")),
    P("RP201", "Lucene: a parenthesis too many", lucene(f"event.category:(process OR file){OPEN}){CLOSE}")),
    P(
        "RP201",
        "Lucene: a range without end",
        lucene(f"event.category:process AND process.pid:{OPEN}[1 TO{CLOSE}", end=""),
    ),
    P("RP201", "Lucene: no value", lucene(f"{OPEN}event.category:{CLOSE} AND host.name:abc")),
    P("RP201", "Lucene: an AND at the end", lucene(f"event.category:process {OPEN}AND{CLOSE}")),
]

MEANING = [
    P("RP202", "KQL: null in a comparison", kql(f"FIELD > {OPEN}null{CLOSE} and {{}}")),
    P("RP202", "EQL: a function that does not exist", eql(f'{OPEN}startWith{CLOSE}(FIELD, "abc")')),
    P("RP202", "EQL: an argument too few", eql(f"{OPEN}startsWith(FIELD){CLOSE}")),
    P("RP202", "EQL: a field compared with a field", eql(f"{OPEN}FIELD == OTHER{CLOSE}")),
    P("RP202", "EQL: a pipe of Endgame", eql_text(r"\s*\Z", f"\n| {OPEN}unique{CLOSE} host.id\n")),
    P(
        "RP202",
        "EQL: a sequence of one event",
        eql_text(
            r"\A\s*(any|process|file|network|registry|library|dns) where ([^\[\]|]*?)\s*\Z",
            rf"\n{OPEN}sequence{CLOSE} by host.id with maxspan=1m\n  [\1 where \2]\n",
            flags=re.DOTALL,
        ),
    ),
    P("RP202", "ES|QL: a function that does not exist", esql(f"WHERE {OPEN}LENGHT{CLOSE}(FIELD) > 3")),
    P("RP202", "ES|QL: an argument too few", esql(f"WHERE {OPEN}STARTS_WITH(FIELD){CLOSE}")),
    P("RP202", "ES|QL: an aggregate in WHERE", esql(f"WHERE {OPEN}COUNT(*){CLOSE} > 3")),
    P("RP202", "ES|QL: a limit in words", esql_end(f'LIMIT {OPEN}"ten"{CLOSE}')),
    P("RP203", "EQL: a number with a string", eql(f'process.pid == {OPEN}"12"{CLOSE}')),
    P("RP203", "EQL: a keyword with a number", eql(f"FIELD == {OPEN}12{CLOSE}")),
    P("RP203", "EQL: a boolean with a string", eql(f'process.interactive == {OPEN}"false"{CLOSE}')),
    P("RP203", "EQL: an argument that is a number", eql(f'startsWith({OPEN}process.pid{CLOSE}, "a")')),
    P("RP203", "EQL: an address block that is none", eql(f'cidrMatch(source.ip, {OPEN}"10.0.0.300/8"{CLOSE})')),
    P("RP203", "EQL: a calculation with a keyword", eql(f"{OPEN}FIELD{CLOSE} + 1 > 3")),
    P("RP203", "EQL: a field alone", eql(f"{OPEN}FIELD{CLOSE}")),
    P("RP203", "KQL: a number with a word", kql(f"process.pid : {OPEN}abc{CLOSE} and {{}}")),
    P("RP203", "KQL: an address that is none", kql(f"source.ip : {OPEN}300.1.1.1{CLOSE} and {{}}")),
    P("RP203", "KQL: a boolean with a word", kql(f"process.interactive : {OPEN}maybe{CLOSE} and {{}}")),
    P("RP203", "ES|QL: a number with a string", esql(f'WHERE process.pid == {OPEN}"abc"{CLOSE}')),
    P("RP203", "ES|QL: a boolean with a number", esql(f"WHERE process.interactive == {OPEN}1{CLOSE}")),
    P("RP203", "ES|QL: an address that is none", esql(f'WHERE source.ip == {OPEN}"300.1.1.1"{CLOSE}')),
    P("RP203", "ES|QL: an argument that is a number", esql(f'WHERE STARTS_WITH({OPEN}process.pid{CLOSE}, "a")')),
    P("RP203", "ES|QL: a calculation with a keyword", esql(f"EVAL Esql.planted = {OPEN}FIELD{CLOSE} + 1")),
    P(
        "RP203",
        "Lucene: an address that is none",
        lucene(f"event.category:process AND source.ip:{OPEN}300.1.1.1{CLOSE}"),
    ),
    P("RP204", "an empty text", lambda host: _empty(host, "\n")),
    P("RP205", "ES|QL: a command of 9.2", older(esql_end(f"{OPEN}INLINE{CLOSE} STATS Esql.planted = COUNT(*)"))),
    P("RP205", "ES|QL: a function of 9.2", older(esql(f"EVAL Esql.planted = {OPEN}DAY_NAME{CLOSE}(@timestamp)"))),
    P(
        "RP206",
        "ES|QL: a column that KEEP left out",
        _in(lambda host: host.rule.type == "esql", _behind_keep),
    ),
    P(
        "RP206",
        "ES|QL: a column that DROP took",
        esql_end(f"EVAL Esql.planted = 1 | DROP Esql.planted | WHERE {OPEN}Esql.planted{CLOSE} == 1"),
    ),
    P(
        "RP206",
        "ES|QL: a column that STATS took",
        lambda host: (
            esql_end(f"EVAL Esql.planted = 1 | STATS Esql.count = COUNT(*) | WHERE {OPEN}Esql.planted{CLOSE} == 1")(
                host
            )
            if alerts_once(host) and not re.search(r"^\[\[?rule\.(?!threat)", host.text, re.MULTILINE)
            else None
        ),
    ),
    P(
        "RP206",
        "ES|QL: a column that was renamed",
        esql_end(f"EVAL Esql.planted = 1 | RENAME Esql.planted AS Esql.other | WHERE {OPEN}Esql.planted{CLOSE} == 1"),
    ),
    P(
        "RP206",
        "ES|QL: a name with a letter swapped",
        lambda host: (
            esql_end(f"EVAL Esql.planted = 1 | WHERE {OPEN}Esql.plantde{CLOSE} == 1")(host)
            if host.query
            and re.search(r"(?mi)^\| *(keep|stats)\b", host.query)
            and not re.search(r"(?mi)^\| *keep\b.*\*", host.query)
            else None
        ),
    ),
    P(
        "RP211",
        "ES|QL: the name of a column with a letter swapped",
        lambda host: (
            esql_end(f"EVAL Esql.planted = 1 | WHERE {OPEN}Esql.plantde{CLOSE} == 1")(host)
            if host.query and not re.search(r"(?i)\b(keep|stats)\b", host.query)
            else None
        ),
    ),
    P("RP207", "ES|QL: a parameter", esql(f"WHERE FIELD == {OPEN}?name{CLOSE}")),
    P("RP207", "ES|QL: a numbered parameter", esql(f"WHERE FIELD == {OPEN}?1{CLOSE}")),
    P(
        "RP207",
        "ES|QL: rows of its own",
        lambda host: (
            host.with_query(f"\n{OPEN}ROW a = 1{CLOSE}\n".lstrip())
            if host.query and host.rule.type == "esql" and alerts_once(host)
            else None
        ),
    ),
    P("RP208", "KQL: two equals signs", kql(f"FIELD {OPEN}=={CLOSE} abc and {{}}")),
    P("RP208", "EQL: a wildcard behind ==", eql(f'FIELD == {OPEN}"abc*"{CLOSE}')),
    P("RP208", "Lucene: or in lower case", lucene(f"event.category:process {OPEN}or{CLOSE} event.category:file")),
    P("RP208", "EQL: an invisible character", eql(f'FIELD == "ab{OPEN}\u200b{CLOSE}c"')),
]

FIELDS = [
    P("RP211", "KQL: two letters swapped", kql(f"{OPEN}proecss.name{CLOSE} : abc and {{}}")),
    P("RP211", "EQL: a letter dropped", eql(f'{OPEN}proces.name{CLOSE} == "abc"')),
    P("RP211", "EQL: a letter doubled, optional", eql(f'?{OPEN}process.namee{CLOSE} == "abc"')),
    P("RP211", "ES|QL: a letter dropped", esql(f'WHERE {OPEN}proces.name{CLOSE} == "abc"')),
    P("RP211", "Lucene: two letters swapped", lucene(f"event.category:process AND {OPEN}proecss.name{CLOSE}:abc")),
    P(
        "RP212",
        "a suppression",
        lambda host: (
            edit(r'(?m)^(\[rule\.alert_suppression\]\ngroup_by = \[\s*)"[^"]+"', rf'\1{OPEN}"host.nmae"{CLOSE}')(host)
            if host.rule.type not in ("esql", "machine_learning")
            else None
        ),
    ),
    P(
        "RP212",
        "a threshold",
        edit(r'(?m)^(\[rule\.threshold\]\nfield = \[\s*)"[^"]+"', rf'\1{OPEN}"host.nmae"{CLOSE}'),
    ),
    P(
        "RP212",
        "new terms",
        edit(
            r'(?m)^(\[rule\.new_terms\]\nfield = "new_terms_fields"\nvalue = \[\s*)"[^"]+"',
            rf'\1{OPEN}"host.nmae"{CLOSE}',
        ),
    ),
    P("RP212", "a timestamp override", only(lambda host: host.rule.type != "esql", OVERRIDE)),
    P(
        "RP212",
        "a timestamp override of ES|QL",
        only(lambda host: host.rule.type == "esql", OVERRIDE),
    ),
    # The alert of an aggregation has no fields but its columns.
    P("RP212", "an investigation field", only(lambda host: "| stats" not in host.text.casefold(), SHOWN_FIRST)),
]

COST = [
    P("RP221", "KQL: a leading wildcard", kql(f"FIELD : {OPEN}*abc{CLOSE} and {{}}")),
    P("RP221", "EQL: a leading wildcard", eql(f'FIELD like {OPEN}"*abc"{CLOSE}')),
    P("RP222", "EQL: a regular expression", eql(f'FIELD regex {OPEN}".*abc"{CLOSE}')),
    P("RP222", "ES|QL: a regular expression", esql(f'WHERE FIELD RLIKE {OPEN}".*abc"{CLOSE}')),
    P("RP223", "all logs", edit(r"(?m)^index = \[\s*", rf'\g<0>{OPEN}"logs-*"{CLOSE}, ')),
    P(
        "RP223",
        "ES|QL: all logs",
        _in(
            lambda host: host.rule.type == "esql",
            lambda query: _changed(query, r"\A(\s*from )([a-z])", rf"\1{OPEN}logs-*{CLOSE}, \2", re.IGNORECASE),
        ),
    ),
    P(
        "RP224",
        "a sequence without maxspan",
        eql_text(r"(sequence)(\b[^\[]*?)\s+with maxspan\s*=\s*\w+", rf"{OPEN}\1{CLOSE}\2"),
    ),
    P(
        "RP225",
        "a sequence without by",
        lambda host: (
            eql_text(r"(sequence)\s+by\s+[^\[]*?\s+(with|\[)", rf"{OPEN}\1{CLOSE} \2")(host)
            if host.query and not re.search(r"\]\s*by\b", host.query)
            else None
        ),
    ),
    P(
        "RP226",
        "KQL: an exclusion only",
        lambda host: (
            host.with_query(f"{OPEN}not host.name : abc{CLOSE}\n")
            if host.query
            and host.rule.type == "query"
            and host.rule.query_language == "kuery"
            and "[[rule.filters" not in host.text
            else None
        ),
    ),
    P(
        "RP226",
        "EQL: an exclusion only",
        lambda host: (
            host.with_query(f'{OPEN}any where not host.name == "abc"{CLOSE}\n')
            if host.query
            and host.rule.type == "eql"
            and "maxspan" not in host.text
            and "[[rule.filters" not in host.text
            else None
        ),
    ),
    P("RP227", "the alerts of all spaces", edit(r"(?m)^index = \[\s*", rf'\g<0>{OPEN}".alerts-security.*"{CLOSE}, ')),
    P(
        "RP228",
        "an index of another dataset",
        lambda host: (
            edit(r"(?m)^index = \[\s*", rf'\g<0>{OPEN}"logs-planted.other-*"{CLOSE}, ')(host)
            if host.query
            and host.rule.type in ("query", "eql")
            and re.search(r"\b(?:event|data_stream)\.dataset ?(:|==) ?\"?[a-z_.]+", host.query)
            and not re.search(r"\bor\b", re.sub(r"\([^()]*\)", "", host.query))
            and "sequence" not in host.query
            else None
        ),
    ),
]

LOGIC = [
    P("RP231", "KQL: two values at once", kql(f"FIELD : abc and {OPEN}FIELD : def{CLOSE} and {{}}")),
    P("RP231", "EQL: two values at once", eql(f'FIELD == "abc" and {OPEN}FIELD == "def"{CLOSE}')),
    P("RP231", "ES|QL: two values at once", esql(f'WHERE FIELD == "abc" AND {OPEN}FIELD == "def"{CLOSE}')),
    P("RP231", "KQL: a range without numbers", kql(f"process.pid > 10 and {OPEN}process.pid < 5{CLOSE} and {{}}")),
    P("RP231", "EQL: a range without numbers", eql(f"process.pid > 10 and {OPEN}process.pid < 5{CLOSE}")),
    P("RP231", "EQL: a pattern and another value", eql(f'FIELD like "abc*" and {OPEN}FIELD == "def"{CLOSE}')),
    P(
        "RP231",
        "EQL: an exclusion of nothing",
        eql(f'FIELD == "abc" and not (OTHER == "x" and {OPEN}OTHER == "y"{CLOSE})'),
    ),
    P("RP232", "KQL: a category that does not exist", kql(f"event.category : {OPEN}proces{CLOSE} and {{}}")),
    P("RP232", "EQL: a category that does not exist", eql(f'event.category == {OPEN}"proces"{CLOSE}')),
    P("RP232", "ES|QL: an outcome that does not exist", esql(f'WHERE event.outcome == {OPEN}"failur"{CLOSE}')),
    P("RP233", "KQL: a wildcard beside", kql(f"FIELD : (abc* or {OPEN}abcdef{CLOSE}) and {{}}")),
    P("RP233", "EQL: a wildcard beside", eql(f'FIELD like ("abc*", {OPEN}"abcdef"{CLOSE})')),
    P("RP233", "EQL: a value before its wildcard", eql(f'FIELD like ({OPEN}"abcdef"{CLOSE}, "abc*")')),
    P("RP234", "KQL: a value twice", kql(f'FIELD : ("abc" or "def" or {OPEN}"abc"{CLOSE}) and {{}}')),
    P("RP234", "EQL: a value twice", eql(f'FIELD in ("abc", "def", {OPEN}"abc"{CLOSE})')),
    P("RP234", "EQL: a clause twice", eql(f'FIELD == "abc" and {OPEN}FIELD == "abc"{CLOSE}')),
    P("RP234", "ES|QL: a value twice", esql(f'WHERE FIELD IN ("abc", "def", {OPEN}"abc"{CLOSE})')),
    P("RP234", "ES|QL: a clause twice", esql(f'WHERE FIELD == "abc" AND {OPEN}FIELD == "abc"{CLOSE}')),
    P("RP235", "KQL: what is asked for", kql(f"FIELD : abc and {OPEN}not FIELD : abc{CLOSE} and {{}}")),
    P("RP235", "KQL: one of the values", kql(f"FIELD : (abc or {OPEN}def{CLOSE}) and not FIELD : def and {{}}")),
    P("RP235", "EQL: what is asked for", eql(f'FIELD == "abc" and {OPEN}not FIELD like "ab*"{CLOSE}')),
    P("RP235", "EQL: one of the values", eql(f'FIELD in ("abc", {OPEN}"def"{CLOSE}) and FIELD != "def"')),
    P(
        "RP235",
        "ES|QL: what is asked for",
        esql(f'WHERE FIELD == "abc" AND {OPEN}NOT FIELD == "abc"{CLOSE}'),
    ),
    P(
        "RP236",
        "a step that is never",
        _in(
            lambda host: host.rule.type == "eql",
            lambda query: _changed(
                query,
                r"(?<!!)(\[any |\[process |\[file |\[network )where ([^\[\]\"]|\"[^\"]*\")*\](?=\s*\Z)",
                f"{OPEN}[process where false]{CLOSE}",
                0,
            ),
        ),
    ),
    P(
        "RP236",
        "a missing event that is never",
        _in(lambda host: host.rule.type == "eql", _never_missing),
    ),
    P(
        "RP236",
        "an until of the second step",
        _in(lambda host: host.rule.type == "eql" and "until" not in (host.query or ""), _until),
    ),
]


def _empty(host, query):
    if host.query is None or "[[rule.filters" in host.text or host.rule.type == "saved_query":
        return None
    return re.sub(r"(?m)^query = '''", f"{OPEN}query{CLOSE} = '''", host.with_query(query))


PLANTINGS = (*SYNTAX, *MEANING, *FIELDS, *COST, *LOGIC, P("RP508", "a narrowed copy", _contained))
