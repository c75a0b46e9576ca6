"""Kibana's grammar taken literally: letter by letter, choice by choice, with nothing thought ahead.

Slow and plain, so that it can be compared with the grammar by eye (kbn-es-query, `grammar.peggy`; a rule here has the
name that it has there), and rulepack's parser with it by machine. Each rule gives where its text ends, or None.
"""

import functools

SPACE = " \t\r\n\u00a0"
SPECIAL = '\\():<>"*{}'
HEXADECIMAL = "0123456789abcdefABCDEF"


def remembered(rule):
    """Each rule is tried once at each place: parentheses would be read twice at each depth otherwise."""

    @functools.wraps(rule)
    def once(self, at):
        key = (rule.__name__, at)
        if key not in self.found:
            self.found[key] = rule(self, at)
        return self.found[key]

    return once


class Grammar:
    def __init__(self, text):
        self.text = text
        self.found = {}

    def accepts(self):
        start = self.spaces(0)
        end = self.or_query(start)
        return self.spaces(start if end is None else end) == len(self.text)

    def is_at(self, at, characters):
        return at < len(self.text) and self.text[at] in characters

    def spaces(self, at):
        while self.is_at(at, SPACE):
            at += 1
        return at

    def word(self, at, word):
        return at + len(word) if self.text[at : at + len(word)].lower() == word else None

    def joint(self, word):
        def rule(at):
            end = self.word(self.spaces(at), word) if self.is_at(at, SPACE) else None
            return self.spaces(end) if end is not None and self.is_at(end, SPACE) else None

        return rule

    def negation(self, at):
        end = self.word(at, "not")
        return self.spaces(end) if end is not None and self.is_at(end, SPACE) else None

    def keyword(self, at):
        for word in ("or", "and"):
            if self.is_at(at, SPACE) and (end := self.word(at + 1, word)) and self.is_at(end, SPACE):
                return True
        return self.negation(at) is not None

    def unquoted_character(self, at):
        if at >= len(self.text):
            return None
        if self.text[at] == "\\":
            if self.is_at(at + 1, "trn" + SPECIAL):
                return at + 2
            code = self.text[at + 2 : at + 6]
            if self.is_at(at + 1, "u") and len(code) == 4 and all(digit in HEXADECIMAL for digit in code):
                return at + 6
            return next(filter(None, (self.word(at + 1, word) for word in ("or", "and", "not"))), None)
        if self.text[at] == "*":
            return at + 1
        return None if self.text[at] in SPECIAL or self.keyword(at) else at + 1

    @remembered
    def unquoted_literal(self, at):
        end = None
        while (after := self.unquoted_character(at)) is not None:
            end = at = after
        return end

    @remembered
    def quoted_string(self, at):
        if not self.is_at(at, '"'):
            return None
        at += 1
        while at < len(self.text):
            if self.text[at] == "\\" and self.is_at(at + 1, '\\"'):
                at += 2
            elif self.text[at] == '"':
                return at + 1
            else:
                at += 1
        return None

    def literal(self, at):
        end = self.quoted_string(at)
        return self.unquoted_literal(at) if end is None else end

    def joined(self, part, joint, at):
        end = part(at)
        while end is not None:
            after = joint(end)
            after = None if after is None else part(after)
            if after is None:
                break
            end = after
        return end

    def bracketed(self, at, opening, inner, closing):
        if not self.is_at(at, opening):
            return None
        end = inner(self.spaces(at + 1))
        end = None if end is None else self.spaces(end)
        return end + 1 if end is not None and self.is_at(end, closing) else None

    @remembered
    def or_query(self, at):
        return self.joined(self.and_query, self.joint("or"), at)

    @remembered
    def and_query(self, at):
        return self.joined(self.not_query, self.joint("and"), at)

    @remembered
    def not_query(self, at):
        behind = self.negation(at)
        end = None if behind is None else self.sub_query(behind)
        return self.sub_query(at) if end is None else end

    @remembered
    def sub_query(self, at):
        end = self.bracketed(at, "(", self.or_query, ")")
        return self.nested_query(at) if end is None else end

    @remembered
    def nested_query(self, at):
        field = self.literal(at)
        mark = None if field is None else self.spaces(field)
        if mark is not None and self.is_at(mark, ":"):
            end = self.bracketed(self.spaces(mark + 1), "{", self.or_query, "}")
            if end is not None:
                return end
        return self.expression(at)

    @remembered
    def expression(self, at):
        field = self.literal(at)
        if field is None:
            return None
        mark = self.spaces(field)
        end = None
        if self.is_at(mark, "<>"):
            end = self.literal(self.spaces(mark + (2 if self.is_at(mark + 1, "=") else 1)))
        elif self.is_at(mark, ":"):
            end = self.list_of_values(self.spaces(mark + 1))
        return field if end is None else end

    @remembered
    def list_of_values(self, at):
        end = self.bracketed(at, "(", self.or_list_of_values, ")")
        return self.literal(at) if end is None else end

    @remembered
    def or_list_of_values(self, at):
        return self.joined(self.and_list_of_values, self.joint("or"), at)

    @remembered
    def and_list_of_values(self, at):
        return self.joined(self.not_list_of_values, self.joint("and"), at)

    @remembered
    def not_list_of_values(self, at):
        behind = self.negation(at)
        end = None if behind is None else self.list_of_values(behind)
        return self.list_of_values(at) if end is None else end
