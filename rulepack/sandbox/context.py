"""What every route can see: the settings of this stand-in, its state and its faults."""

from __future__ import annotations

from dataclasses import dataclass, field

from rulepack.frozen import frozen
from rulepack.sandbox.answers import Payload
from rulepack.sandbox.faults import Faults
from rulepack.sandbox.state import State
from rulepack.stack import StackVersion

NEWEST = StackVersion(9, 5)
# From here on threshold rules may group by five fields, before by three.
FIVE_THRESHOLD_FIELDS = StackVersion(9, 0)
# From here on rule_source of a prebuilt rule says what was customised. The exact version is not known; see api.md 1.5.
CUSTOMIZED_FIELDS = StackVersion(9, 2)
# From here on privileges are named after rules and exceptions, before after the whole of Security.
OWN_PRIVILEGES = StackVersion(9, 3)


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
    body_limit: int = 1_048_576
    items_limit: int = 10_000
    find_window: int = 10_000
    # Seconds that each answer takes longer.
    latency: float = 0.0

    @property
    def version_text(self) -> str:
        """The version with all three numbers."""
        return f"{self.version.major}.{self.version.minor}.{self.version.patch}"


@dataclass(slots=True)
class Context:
    """Settings, state and faults; and the connectors that come with the installation."""

    settings: Settings
    state: State
    faults: Faults = field(default_factory=Faults)
    preconfigured: dict[str, Payload] = field(default_factory=dict)
    # Fields that rulepack does not know and this Kibana does, because an analyst has set them.
    newer_fields: set[str] = field(default_factory=set)
