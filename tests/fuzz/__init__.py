"""A seeded fuzzer of rule files: `python -m tests.fuzz --count 20000 --seed 7`, and a small round as a slow test."""
