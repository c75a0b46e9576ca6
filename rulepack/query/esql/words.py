"""The words of ES|QL: its commands, and the words that are no names there.

Facts from Elasticsearch's grammar (x-pack/plugin/esql/src/main/antlr) of versions 8.19 to 9.5 and its reference,
https://www.elastic.co/docs/reference/query-languages/esql/esql-commands.
"""

from __future__ import annotations

from typing import Final

SOURCE_COMMANDS: Final = frozenset({"from", "row", "show", "ts", "promql"})
PROCESSING_COMMANDS: Final = frozenset({
    "change_point", "completion", "dissect", "drop", "enrich", "eval", "fork", "fuse", "grok", "inline", "inlinestats",
    "ip_location", "keep", "limit", "lookup", "metrics_info", "mmr", "mv_expand", "registered_domain", "rename",
    "rerank", "sample", "sort", "stats", "ts_collapse", "ts_info", "uri_parts", "user_agent", "where",
})  # fmt: skip
COMMANDS: Final = SOURCE_COMMANDS | PROCESSING_COMMANDS | {"set"}
# Not in a branch of FORK.
NOT_IN_BRANCH: Final = frozenset({"fuse", "metrics_info", "ts_info", "ts_collapse"})
# What may begin a subquery, in FROM and behind IN.
SUBQUERY_COMMANDS: Final = ("from", "ts", "row")

# Words that are no names, by where they stand. In backticks everything is a name.
EXPRESSION_WORDS: Final = frozenset({
    "and", "asc", "by", "desc", "false", "first", "in", "is", "last", "like", "not", "null", "nulls", "on", "or",
    "rlike", "true", "where", "with",
})  # fmt: skip
NO_WORDS: Final[frozenset[str]] = frozenset()
SOURCE_WORDS: Final = frozenset({"metadata"})
RENAME_WORDS: Final = frozenset({"as"})
POLICY_WORDS: Final = frozenset({"on", "with"})
ENRICH_WORDS: Final = frozenset({"with"})
CHANGE_POINT_WORDS: Final = frozenset({"on", "as", "by"})
FUSE_WORDS: Final = frozenset({"score", "key", "group", "by", "with"})
MMR_WORDS: Final = frozenset({"on", "limit", "with", "true", "false", "null"})
JOIN_WORDS: Final = frozenset({"join"})
TARGET_WORDS: Final = frozenset({"on"})
SHOW_WORDS: Final = frozenset({"info"})
INLINE_WORDS: Final = frozenset({"stats"})

# https://www.elastic.co/docs/reference/query-languages/esql/esql-metadata-fields
METADATA: Final = frozenset({
    "_id", "_ignored", "_index", "_index_mode", "_score", "_size", "_slice", "_source", "_tier", "_tsid", "_version",
})  # fmt: skip

# What other languages call it, and what to write here.
FOREIGN_COMMANDS: Final = {
    "select": "name the columns with KEEP: `FROM index | KEEP a, b`",
    "filter": "use WHERE",
    "search": "use WHERE",
    "having": "use WHERE after STATS",
    "group": "group with STATS: `STATS n = COUNT(*) BY field`",
    "order": "use SORT: `SORT field DESC`",
    "orderby": "use SORT",
    "head": "use LIMIT",
    "top": "use `STATS ... BY ...`, `SORT` and `LIMIT`",
    "take": "use LIMIT",
    "tail": "use SORT and LIMIT",
    "project": "use KEEP",
    "fields": "use KEEP",
    "table": "use KEEP",
    "extend": "use EVAL",
    "let": "use EVAL",
    "summarize": "use STATS",
    "aggregate": "use STATS",
    "eventstats": "use INLINE STATS",
    "streamstats": "use INLINE STATS",
    "rex": "use GROK or DISSECT",
    "parse": "use GROK or DISSECT",
    "join": "use LOOKUP JOIN: `LOOKUP JOIN index ON field`",
    "left": "use LOOKUP JOIN: `LOOKUP JOIN index ON field`",
    "inner": "use LOOKUP JOIN: `LOOKUP JOIN index ON field`",
    "union": "name the indices in FROM: `FROM a, b`",
    "append": "name the indices in FROM: `FROM a, b`",
    "dedup": "use `STATS ... BY field`",
    "distinct": "use `STATS ... BY field`",
    "mvexpand": "use MV_EXPAND",
    "set": "SET stands before the query: `SET name = value; FROM ...`",
    "explain": "leave it out: EXPLAIN is no command of released versions",
    "metadata": "write it after FROM: `FROM index METADATA _id, _version, _index`",
}  # fmt: skip
