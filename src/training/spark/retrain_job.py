"""The driver program of a retrain on Spark: answers commands, one JSON object a line, until its input ends.

The process that starts it sends a command and gets `{"result": …}` or `{"error": …}`; `{"progress": …}` lines come in
between. When the input ends the asker is gone, and everything stops at once, running stages included: nobody would
take the result. Commands and results are typed in spark-commands.ts.
"""

import json
import os
import queue
import sys
import threading
import traceback

from retrain_session import RetrainSession


class Answers:
    """Writes lines to the asker. Whatever else prints goes to standard error, so that lines are never mixed."""

    def __init__(self):
        self._out = os.fdopen(os.dup(1), "w", encoding="utf-8")
        self._lock = threading.Lock()
        os.dup2(2, 1)

    def write(self, line):
        with self._lock:
            self._out.write(json.dumps(line) + "\n")
            self._out.flush()


def read_commands(commands):
    for line in sys.stdin:
        commands.put(json.loads(line))
    # Not sys.exit: the main thread may be deep in a stage. The JVM ends as its own input closes.
    os._exit(0)


def serve(session_class):
    """`session_class`: has a method for each command; built with a function that takes progress."""
    answers = Answers()
    commands = queue.Queue()
    threading.Thread(target=read_commands, args=(commands,), daemon=True).start()
    session = session_class(lambda progress: answers.write({"progress": progress}))
    while True:
        command = commands.get()
        try:
            answer = getattr(session, command["name"])(**command["arguments"])
            answers.write({"result": answer})
        except Exception as error:
            traceback.print_exc()
            answers.write({"error": first_line(error)})


def first_line(error):
    """Spark's messages go on for pages of plans and stacks; all of it is on standard error."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else ''}"[:1000]


if __name__ == "__main__":
    serve(RetrainSession)
