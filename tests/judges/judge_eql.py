"""Asks the eql package about EQL: all that Elasticsearch has is on, and functions that it does not know are let by."""

import sys

from serving import serve

# The campaign beside this file has the name of the package.
sys.path.pop(0)

import eql
from eql import parser


def judge(query):
    """Raise if it is no query."""
    with (
        parser.elasticsearch_syntax,
        parser.allow_negation,
        parser.allow_sample,
        parser.allow_runs,
        parser.ignore_missing_functions,
        parser.skip_optimizations,
    ):
        eql.parse_query(query)


serve(judge)
