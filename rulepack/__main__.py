"""`python -m rulepack`."""

from rulepack.cli.main import main

if __name__ == "__main__":
    main()
