"""Asks luqum about Lucene."""

from luqum.parser import parser
from serving import serve

serve(parser.parse)
