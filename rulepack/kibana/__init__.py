"""A small Kibana client: HTTP and dicts; it knows what Kibana calls things, and nothing of packs."""

from __future__ import annotations

from rulepack.kibana.client import Client, Payload
from rulepack.kibana.transport import Credentials, Transport

__all__ = ["Client", "Credentials", "Payload", "Transport"]
