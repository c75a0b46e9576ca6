"""The judge's side: reads a query per line from standard input, writes a verdict per line. Needs nothing but Python."""

import json
import sys


def serve(judge):
    """Answer until the input ends. `judge` takes a query, and raises whatever it likes if it is none.

    A query and a verdict are each a line of JSON: a string, and [accepted, why not].
    """
    for line in sys.stdin:
        query = json.loads(line)
        try:
            judge(query)
        except Exception as error:  # noqa: BLE001 (judges have errors of their own)
            verdict = [False, f"{type(error).__name__}: {error}"[:300]]
        else:
            verdict = [True, ""]
        print(json.dumps(verdict), flush=True)
