"""Pack to pages: render() gives them, rulepack.docs.write writes them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rulepack.docs.codes import CODES

if TYPE_CHECKING:
    from rulepack.docs.site import Site
    from rulepack.pack import Pack
    from rulepack.reference import Reference

__all__ = ["CODES", "render"]


def render(pack: Pack, reference: Reference | None = None, *flavours: str) -> Site:
    """Every page of a pack, and what is wrong with its templates; see `rulepack.docs.site.render`."""
    # Imported here: who asks for the codes alone, as every validation does, waits for no Jinja2.
    from rulepack.docs import site  # noqa: PLC0415

    return site.render(pack, reference, *flavours)
