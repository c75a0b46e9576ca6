"""ES|QL."""
