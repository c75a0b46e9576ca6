"""The version of every rule, and how it came to it: the folder rulepack.lock, a small TOML file for each rule.

A file for each rule, and not one for all: branches that add or change different rules then merge without a conflict
wherever they are merged, also by a host's button. Read in this order: entry, store, update, check, resolve, imported.
"""
