"""The functions of EQL in Elasticsearch: what they take and give, and what to use for those of Endgame's EQL.

https://www.elastic.co/docs/reference/query-languages/eql/eql-function-ref; Elasticsearch does not look at the case of a
function's name.
"""

from __future__ import annotations

from typing import Literal

from rulepack.frozen import frozen

# `any` takes everything that has a value; `ip` an IP address, `constant` a string that is no field.
Kind = Literal["string", "number", "integer", "boolean", "ip", "constant", "any"]


@frozen
class Function:
    """A function: the kinds of its arguments, how many it needs, whether the last may be repeated, and what it gives.

    `foldable` says that `name~(...)` is allowed, which ignores case.
    """

    name: str
    parameters: tuple[Kind, ...]
    needed: int
    result: Literal["string", "number", "boolean"]
    foldable: bool = False
    repeated: bool = False

    def parameter(self, index: int) -> Kind:
        """The kind of the argument at an index, from 0."""
        return self.parameters[min(index, len(self.parameters) - 1)]

    def takes(self, count: int) -> bool:
        """Whether it can be called with that many arguments."""
        return self.needed <= count and (self.repeated or count <= len(self.parameters))

    @property
    def arity(self) -> str:
        """How many arguments it takes, in words."""
        most = len(self.parameters)
        if self.repeated:
            return f"at least {self.needed} argument{'s' if self.needed > 1 else ''}"
        if self.needed != most:
            return f"{self.needed} or {most} arguments"
        return f"{most} argument{'s' if most > 1 else ''}"


_ALL = (
    Function("add", ("number", "number"), 2, "number"),
    Function("between", ("string", "string", "string", "boolean"), 3, "string", foldable=True),
    Function("cidrMatch", ("ip", "constant"), 2, "boolean", repeated=True),
    Function("concat", ("any",), 1, "string", repeated=True),
    Function("divide", ("number", "number"), 2, "number"),
    Function("endsWith", ("string", "string"), 2, "boolean", foldable=True),
    Function("indexOf", ("string", "string", "integer"), 2, "number", foldable=True),
    Function("length", ("string",), 1, "number"),
    Function("modulo", ("number", "number"), 2, "number"),
    Function("multiply", ("number", "number"), 2, "number"),
    Function("number", ("string", "integer"), 1, "number"),
    Function("startsWith", ("string", "string"), 2, "boolean", foldable=True),
    Function("string", ("any",), 1, "string"),
    Function("stringContains", ("string", "string"), 2, "boolean", foldable=True),
    Function("substring", ("string", "integer", "integer"), 2, "string"),
    Function("subtract", ("number", "number"), 2, "number"),
)
FUNCTIONS = {function.name.lower(): function for function in _ALL}

# Functions of Endgame's EQL that Elasticsearch does not have: what does the same.
REMOVED = {
    "arraycontains": 'a field with several values matches if any does: field : "value"',
    "arraycount": "Elasticsearch compares the values of a field one by one and cannot count them",
    "arraysearch": 'a field with several values matches if any does: field : "value"',
    "coalesce": "test each field by itself: field_a == 1 or (field_a == null and field_b == 1)",
    "match": 'use the operator: field regex~ "..."',
    "matchlite": 'use the operator: field regex~ "..."',
    "safe": "mark the field as optional instead: ?field",
    "wildcard": 'use the operator: field like~ "a*", or field : ("a*", "b*")',
}
