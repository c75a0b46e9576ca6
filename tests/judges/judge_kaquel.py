"""Asks kaquel about KQL."""

from kaquel.kql import parse_kql
from serving import serve

serve(parse_kql)
