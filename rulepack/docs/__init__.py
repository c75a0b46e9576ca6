"""Pack to pages: render() gives them, rulepack.docs.write writes them."""

from __future__ import annotations

from rulepack.docs.environment import CODES
from rulepack.docs.site import Site, render

__all__ = ["CODES", "Site", "render"]
