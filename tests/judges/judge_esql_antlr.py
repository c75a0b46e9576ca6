"""Asks detection-rules-esql-py about ES|QL: the grammar of Elasticsearch 9.5 itself, its syntax only."""

import sys

from serving import serve

# The campaign beside this file has the name of the package.
sys.path.pop(0)

from esql.parser import _parse_with_grammar

sys.setrecursionlimit(20_000)


def judge(query):
    """Raise if it is no query."""
    _parse_with_grammar(query, min_stack_version="9.5.0")


serve(judge)
