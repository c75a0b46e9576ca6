"""What every route can see: the settings of this stand-in, its state and its faults."""

from __future__ import annotations

from dataclasses import dataclass, field

from rulepack.frozen import frozen
from rulepack.sandbox.answers import Payload
from rulepack.sandbox.faults import Faults
from rulepack.sandbox.state import State
from rulepack.stack import StackVersion

NEWEST = StackVersion(9, 5)
# From here on rules say by `rule_source` where they are from, before by `immutable` only.
RULE_SOURCE = StackVersion(8, 16)
# From here on prebuilt rules may be customised, exported, and imported again as what they are.
CUSTOMIZABLE = StackVersion(8, 18)
# From here on a modified prebuilt rule is imported whatever the licence. The exact version is not known.
IMPORT_UNLICENSED = StackVersion(9, 1)
# From here on threshold rules may group by five fields, before by three.
FIVE_THRESHOLD_FIELDS = StackVersion(9, 0)
# From here on rule_source of a prebuilt rule says what was customised. The exact version is not known; see api.md 1.5.
CUSTOMIZED_FIELDS = StackVersion(9, 2)
# From here on privileges are named after rules and exceptions, before after the whole of Security.
OWN_PRIVILEGES = StackVersion(9, 3)
# From here on Kibana checks bodies with zod 4, which has other words; and an import's error for a line that is no rule
# names no rule_id, where before it named a made-up one.
ZOD_4 = StackVersion(9, 4)
# From here on an import leaves alone what it would not change, counts that, and takes as many rules as its limit says,
# where before it took one less. The exact version is not known.
BULK_IMPORT = StackVersion(9, 6)


@frozen
class Settings:
    """Which Kibana the sandbox stands in for."""

    version: StackVersion = NEWEST
    serverless: bool = False
    # `basic` has no machine learning.
    licence: str = "trial"
    # The only key that is let in; None lets in any.
    api_key: str | None = None
    # Keys that may look but not write.
    read_only_keys: tuple[str, ...] = ()
    # Keys that lack the privilege for connectors.
    no_connectors_keys: tuple[str, ...] = ()
    # Bytes of a body: of any, and of an import of rules.
    body_limit: int = 1_048_576
    import_limit: int = 10_485_760
    # How many rules an import or an export may have, and how many exception lists and items together.
    rules_limit: int = 10_000
    # Whether an import may have as many rules as `rules_limit`, not one less; None: as the version has it.
    import_limit_included: bool | None = None
    # The version of zod, whose words are used for what is wrong with a body; None: the one that Kibana has.
    zod: int | None = None
    items_limit: int = 10_000
    find_window: int = 10_000
    # Seconds that each answer takes longer.
    latency: float = 0.0

    @property
    def version_text(self) -> str:
        """The version with all three numbers."""
        return f"{self.version.major}.{self.version.minor}.{self.version.patch}"

    @property
    def zod_version(self) -> int:
        """3 or 4."""
        if self.zod is not None:
            return self.zod
        return 3 if self.version < ZOD_4 else 4

    @property
    def most_imported(self) -> int:
        """How many rules an import may have."""
        included = self.import_limit_included
        if included is None:
            included = self.version >= BULK_IMPORT
        return self.rules_limit if included else self.rules_limit - 1


@dataclass(slots=True)
class Context:
    """Settings, state and faults; and the connectors that come with the installation."""

    settings: Settings
    state: State
    faults: Faults = field(default_factory=Faults)
    preconfigured: dict[str, Payload] = field(default_factory=dict)
    # Fields that rulepack does not know and this Kibana does, because an analyst has set them.
    newer_fields: set[str] = field(default_factory=set)
