"""A stand-in for Kibana's detection engine on loopback, to try deploying and to test against. It is not Kibana."""

from __future__ import annotations

from rulepack.sandbox.box import Sandbox
from rulepack.sandbox.faults import Fault
from rulepack.sandbox.storage import SandboxError

__all__ = ["Fault", "Sandbox", "SandboxError"]
