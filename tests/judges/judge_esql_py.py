"""Asks esql-py (imported as pyesql) about ES|QL: a parser written by hand."""

import sys

from serving import serve

sys.path.pop(0)

import pyesql


def judge(query):
    """Raise if it is no query."""
    pyesql.parse(query)


serve(judge)
