"""Faults that are planted in files of exception lists, and in rules that name such lists."""

import re

from support.planting import CLOSE, OPEN, Planted, Planting, append, has, only
from support.samples import EXCEPTIONS

REFERENCE = """[[rule.exceptions_list]]
id = "planted"
list_id = {list_id}
type = "detection"
namespace_type = {namespace}"""


def in_list(old, new):
    """A planting that puts a file of exception lists in the host's place, with the first match of a pattern changed."""
    text, count = re.subn(old, new, EXCEPTIONS, count=1)
    assert count, old
    return lambda _: Planted(text, "rules/planted_exceptions.toml")


def beside_list(planted, text=EXCEPTIONS):
    """A planting with a file of exception lists before it."""

    def plant(host):
        one = planted(host)
        one = Planted(one) if isinstance(one, str) else one
        return one and Planted(one.text, one.file, (("rules/aa_exceptions.toml", text),))

    return plant


def names(list_id, namespace):
    """A planting that has a rule name an exception list."""
    lines = append(REFERENCE.format(list_id=list_id, namespace=namespace))
    return beside_list(only(lambda host: not has(host, "exceptions_list"), lines))


def marked(key, text=EXCEPTIONS, *, file="rules/zz_exceptions.toml"):
    """A planting that is a file of exception lists with the first value of a key marked."""
    text = re.sub(rf"(?m)^{key} = (.*)$", rf"{key} = {OPEN}\1{CLOSE}", text, count=1)
    return lambda _: Planted(text, file)


PLANTINGS = [
    Planting("RP101", "a list of no type", in_list(r'type = ("detection")', rf'type = {OPEN}"detections"{CLOSE}')),
    Planting("RP101", "an operator of no kind", in_list(r'operator = ".*"', rf'operator = {OPEN}"is"{CLOSE}')),
    Planting(
        "RP101",
        "an end on no day",
        in_list(r"(?m)^(item_id.*)$", rf'\1\nexpire_time = {OPEN}"2026-02-30T00:00:00Z"{CLOSE}'),
    ),
    Planting(
        "RP101",
        "an end without a zone",
        in_list(r"(?m)^(item_id.*)$", rf'\1\nexpire_time = {OPEN}"2026-02-03T00:00:00"{CLOSE}'),
    ),
    Planting("RP101", "an item of another list", in_list(r"(?m)^(item_id.*)$", rf'\1\nlist_id = {OPEN}"other"{CLOSE}')),
    Planting(
        "RP101",
        "an item of another namespace",
        in_list(r"(?m)^(item_id.*)$", rf'\1\nnamespace_type = {OPEN}"agnostic"{CLOSE}'),
    ),
    Planting("RP101", "an empty value", in_list(r'value = ".*"', rf'value = {OPEN}" "{CLOSE}')),
    Planting(
        "RP102", "a list without its id", in_list(r"(\[exceptions.container\])\nlist_id = .*", rf"{OPEN}\1{CLOSE}")
    ),
    Planting(
        "RP102", "an item without its id", in_list(r"(\[\[exceptions.items\]\])\nitem_id = .*", rf"{OPEN}\1{CLOSE}")
    ),
    Planting(
        "RP102",
        "an entry without a type",
        in_list(r'(\[\[exceptions.items.entries\]\])\nfield = (.*)\ntype = "match"', rf"{OPEN}\1{CLOSE}\nfield = \2"),
    ),
    Planting("RP103", "a misspelt key of an item", in_list(r"(?m)^(item_id.*)$", rf"\1\n{OPEN}os_type{CLOSE} = []")),
    Planting(
        "RP103",
        "a value that tells nothing",
        in_list(r'type = "match"\noperator = (.*)\nvalue', rf'type = "exists"\noperator = \1\n{OPEN}value{CLOSE}'),
    ),
    Planting("RP103", "a table of rules", in_list(r"\A", f"[{OPEN}transform{CLOSE}]\n\n")),
    Planting("RP104", "several values for one", in_list(r"value = (.*)", rf"value = {OPEN}[\1]{CLOSE}")),
    Planting(
        "RP104", "a comment that is no table", in_list(r"(?m)^(item_id.*)$", rf'\1\ncomments = [{OPEN}"a"{CLOSE}]')
    ),
    Planting(
        "RP106",
        "a control character in a remark",
        in_list(r"(?m)^(item_id.*)$", rf'\1\ncomments = [{{ comment = "a{OPEN}\\u202e{CLOSE}" }}]'),
    ),
    Planting("RP503", "a list that is not there", names(f'{OPEN}"planted"{CLOSE}', '"single"')),
    Planting("RP503", "a list of all spaces", names('"known-scanners"', f'{OPEN}"agnostic"{CLOSE}')),
    Planting(
        "RP509",
        "a list that is there already",
        beside_list(marked("list_id", re.sub("scanner-1", "scanner-2", EXCEPTIONS))),
    ),
    Planting(
        "RP509",
        "an item that is there already",
        beside_list(marked("item_id", re.sub("known-scanners", "others", EXCEPTIONS))),
    ),
]
