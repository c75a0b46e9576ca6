"""EQL, the Event Query Language, as Elasticsearch 9 has it: single events, sequences and samples."""

from __future__ import annotations

from rulepack.query.eql.query import EqlQuery, parse

__all__ = ["EqlQuery", "parse"]
