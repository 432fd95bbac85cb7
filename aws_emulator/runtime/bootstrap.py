"""Inside an execution environment: reads events from stdin, one JSON line each, and answers to file descriptor FD.

Runs with the function's own archive on the path and nothing of this package: `python bootstrap.py FD`.
"""

import importlib
import json
import os
import sys
import time
import traceback
from typing import Any


class Context:
    """What a handler is told beside the event."""

    def __init__(self, request: dict[str, Any]) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = int(os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"])
        self.invoked_function_arn = request["arn"]
        self.aws_request_id = request["id"]
        self._end = time.monotonic() + request["seconds"]

    def get_remaining_time_in_millis(self) -> int:
        return max(0, round((self._end - time.monotonic()) * 1000))


def main() -> None:
    answers = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    module, _, name = os.environ["_HANDLER"].rpartition(".")
    handle = None
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if handle is None:
                handle = getattr(importlib.import_module(module), name)
            answer = {"result": handle(request["event"], Context(request))}
            text = json.dumps(answer)
        except Exception as error:  # noqa: BLE001 whatever a handler raises is its answer
            shown = {
                "errorMessage": str(error),
                "errorType": type(error).__name__,
                "stackTrace": traceback.format_tb(error.__traceback__),
            }
            text = json.dumps({"error": shown})
        sys.stdout.flush()
        answers.write(text + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
