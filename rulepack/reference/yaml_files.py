"""YAML of packages, read with care: the one place for pyyaml."""

from __future__ import annotations

from typing import Any

from rulepack.reference.storage import UnreadableError, one_line

MOST_BYTES = 4_000_000
_MOST_LEVELS = 60
# Merging and repeating by reference lets a few lines stand for millions.
_MOST_ALIASES = 1000


def parse_yaml(content: bytes) -> Any:
    """YAML as Python values, nothing but plain ones; raises `UnreadableError` with the reason."""
    # Imported here: only an update needs it.
    import yaml  # noqa: PLC0415

    if len(content) > MOST_BYTES:
        raise UnreadableError(f"it is larger than {MOST_BYTES // 1_000_000} MB")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        text = content.decode("utf-8-sig")
        # Events come one by one, whatever the depth; the tree is made by recursion, in native code.
        depth = aliases = 0
        for event in yaml.parse(text, Loader=loader):
            if isinstance(event, yaml.CollectionStartEvent):
                depth += 1
            elif isinstance(event, yaml.CollectionEndEvent):
                depth -= 1
            elif isinstance(event, yaml.AliasEvent):
                aliases += 1
            if depth > _MOST_LEVELS or aliases > _MOST_ALIASES:
                raise UnreadableError("it is nested or repeated too much")
        return yaml.load(text, Loader=loader)  # noqa: S506 (a safe loader, in C where there is one)
    except UnicodeDecodeError as error:
        raise UnreadableError("it is not UTF-8") from error
    except (yaml.YAMLError, ValueError, TypeError, OverflowError, RecursionError, AttributeError) as error:
        raise UnreadableError(f"it is not YAML: {one_line(' '.join(str(error).split()), 100)}") from error
