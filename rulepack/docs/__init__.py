"""Pack to pages."""
CODES = ()
