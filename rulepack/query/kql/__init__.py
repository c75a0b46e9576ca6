"""KQL, the Kibana Query Language (`kuery` in rule files)."""

from __future__ import annotations

from rulepack.query.kql.query import parse

__all__ = ["parse"]
