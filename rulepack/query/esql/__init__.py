"""ES|QL, the Elasticsearch Query Language (`esql` in rule files)."""

from __future__ import annotations

from rulepack.query.esql.query import EsqlQuery, parse

__all__ = ["EsqlQuery", "parse"]
