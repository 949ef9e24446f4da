# `import dure` outside of a worker, for unit tests of rules: the same `rule`, `context`, `FinalError` and `RetryAfter` that a worker gives, and `run`, which runs a rule once.
# A worker does not look here: it brings its own.
import json
import os
import sys

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "capabilities", "jobs", "worker", "python"))
import dure_worker

rule, context = dure_worker.rule, dure_worker.Context()
FinalError, RetryAfter = dure_worker.FinalError, dure_worker.RetryAfter

# Rules import each other as `itsbox.operator.…` here, too: the tests are run in the rules folder.
own = sys.modules[__name__]
dure_worker.RULES_DIR = os.environ.get("DURE_RULES_DIR", os.getcwd())
dure_worker.install_modules()
sys.modules["dure"] = own


class Ran:
    """What came of a run: `result`, as JSON gives it back, and what the rule said with `context` on its way."""

    def __init__(self, result, messages):
        self.result = result
        self.lines = [(each["level"], each["text"]) for each in messages if each["type"] == "log"]
        self.marks = [(each["name"], each.get("text")) for each in messages if each["type"] == "mark"]
        self.notices = [(each["notifier"], each["subject"], each["text"], each["data"]) for each in messages if each["type"] == "notice"]
        self.progressed = [(each["share"], each.get("text")) for each in messages if each["type"] == "progress"]


def run(function, data=None, attempt=1, key=None, id="test", cancelled=False):
    """Runs a rule as a job would, in this thread. What the rule raises comes through."""
    job = dure_worker.Job({"job": 0, "id": id, "attempt": attempt, "key": key, "rule": function.__name__, "data": json.loads(json.dumps(data))})
    if cancelled:
        job.cancelled.set()
    dure_worker.current.job = job
    try:
        value = function(job.data)
    finally:
        dure_worker.current.job = None
        messages = []
        while not dure_worker.outbox.empty():
            messages.append(json.loads(dure_worker.outbox.get()))
    return Ran(json.loads(json.dumps(value, allow_nan=False)), messages)
