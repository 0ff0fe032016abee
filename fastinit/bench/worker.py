"""The child process that measures the cases of one number of threads.

Standard input holds one JSON object: ``{"n_rounds": 5, "work": [{"case": {...}, "contenders": ["fastinit", ...]}]}``.
Standard output gets one JSON object a line: ``{"running": name, "case": i}`` before each step of a contender, and
``{"result": {...}, "case": i}`` after each case.
"""

from __future__ import annotations

import json
import os
import sys

from fastinit.bench import measure


def main() -> None:
    """Do the work."""
    # A framework that prints must not print among the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)

    def answer(**entries: object) -> None:
        answers.write(json.dumps(entries) + "\n")

    plan = json.load(sys.stdin)
    for i, work in enumerate(plan["work"]):
        case = measure.Case(**work["case"])

        def running(name: str, i: int = i) -> None:
            answer(running=name, case=i)

        answer(result=measure.run(case, work["contenders"], plan["n_rounds"], running), case=i)


if __name__ == "__main__":
    main()
