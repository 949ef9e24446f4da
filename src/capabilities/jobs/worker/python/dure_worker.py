# The worker for rules in Python: speaks the same lines as the Node worker (worker-protocol.ts) over its standard input and output, and runs each job in a thread of a
# pool. Python 3.7 and later, nothing but the standard library. What rules print is told of their job; nothing of it can get between the lines.
import ast
import importlib
import importlib.machinery
import importlib.util
import io
import json
import logging
import os
import queue
import re
import signal
import sys
import threading
import time
import traceback
import types

RULES_DIR = os.path.realpath(os.environ.get("DURE_RULES_DIR", "."))
MODULE_BASE = os.environ.get("DURE_MODULE_BASE", "itsbox.operator")
SLOTS = max(1, int(os.environ.get("DURE_WORKER_SLOTS", "5")))
RESULT_BYTES_MAX = int(os.environ.get("DURE_RESULT_BYTES_MAX", str(1 << 20)))
BEAT_SECONDS = 1
TEXT_MAX = 4000
# Of one run of a rule.
LINES_MAX = 500
MARKS_MAX = 300
NOTICES_MAX = 100
NOTICE_BYTES_MAX = 64 << 10
PROGRESS_EVERY_SECONDS = 0.1
HIDDEN = "\u2022" * 6
STACK_MAX = 8000
WORD = re.compile(r"[^\W\d]\w*\Z")

# Lines that may wait to be written before who prints has to wait, too.
LINES_WAITING_MAX = 5000
# Files that hung, or ended their worker, while they were imported, and why.
UNLOADABLE = json.loads(os.environ.get("DURE_RULES_UNLOADABLE", "{}"))
RUN_HEAD = re.compile(rb'\{"type":"run","job":(\d+),')

current = threading.local()
outbox = queue.SimpleQueue()
writing = threading.Lock()
lines_out = -1


def say_now(message):
    """Past what waits: this may be the last thing that the process gets to say."""
    data = (json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n").encode("utf-8", "backslashreplace")
    with writing:
        while data:
            data = data[os.write(lines_out, data):]


def say(message):
    outbox.put(json.dumps(message, ensure_ascii=False, separators=(",", ":"), default=str))


def take_lines():
    """A descriptor of our own for the lines, each way: 0 is empty and 1 is standard error from here on, also for C code and for what rules start."""
    lines_in, lines_out = os.fdopen(os.dup(0), "rb", buffering=1 << 16), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return lines_in, lines_out


def end_with_agent():
    """It is gone, and its queue gives its jobs to somebody else: none may go on here, nor what rules have started."""
    if hasattr(os, "getpgrp") and os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


def write_lines():
    is_end = False
    while not is_end:
        lines = [outbox.get()]
        try:
            while lines[-1] is not None and len(lines) < 1000:
                lines.append(outbox.get_nowait())
        except queue.Empty:
            pass
        is_end = lines[-1] is None
        data = "".join(line + "\n" for line in lines if line is not None).encode("utf-8", "backslashreplace")
        try:
            with writing:
                while data:
                    data = data[os.write(lines_out, data):]
        except OSError:
            end_with_agent()


class Printed(io.TextIOBase):
    """Standard output and error of rules: lines, told of the job whose thread prints them."""

    errors = "backslashreplace"

    def __init__(self, level, descriptor):
        self._level = level
        self._descriptor = descriptor
        self._rest = threading.local()

    def fileno(self):
        return self._descriptor  # For what a rule starts; nothing of it reaches the lines.

    @property
    def buffer(self):
        return PrintedBytes(self)

    def writable(self):
        return True

    @property
    def encoding(self):
        return "utf-8"

    def write(self, text):
        if is_forked:
            os.write(self._descriptor, text.encode("utf-8", "backslashreplace"))
            return len(text)
        *lines, rest = (getattr(self._rest, "text", "") + text).split("\n")
        if len(rest) > TEXT_MAX:
            lines.append(rest)
            rest = ""
        self._rest.text = rest
        for line in lines:
            tell(self._level, line)
        return len(text)

    def end_line(self):
        rest = getattr(self._rest, "text", "")
        self._rest.text = ""
        if rest:
            tell(self._level, rest)


class PrintedBytes(io.RawIOBase):
    """`sys.stdout.buffer` of a rule."""

    def __init__(self, printed):
        self._printed = printed

    def writable(self):
        return True

    def write(self, data):
        self._printed.write(bytes(data).decode("utf-8", "replace"))
        return len(data)


is_forked = False


def note_fork():
    global is_forked
    is_forked = True


def wait_for_room():
    while LINES_WAITING_MAX < outbox.qsize():
        time.sleep(0.002)


def tell(level, text):
    job = getattr(current, "job", None)
    if job is None:
        wait_for_room()
        return say({"type": "log", "level": level, "text": text[:TEXT_MAX]})
    # The line beyond the last tells the agent that there was more, and is the end of it.
    if job.lines > LINES_MAX:
        return
    job.lines += 1
    wait_for_room()
    say({"type": "log", "level": level, "text": job.shown(text, TEXT_MAX), "job": job.number})


class Log:
    """`context.log.warning("the shop is slow")`; `logging` tells its records as lines of the job, too."""

    def debug(self, text, *args):
        tell("debug", text % args if args else str(text))

    def info(self, text, *args):
        tell("info", text % args if args else str(text))

    def warn(self, text, *args):
        tell("warn", text % args if args else str(text))

    warning = warn

    def error(self, text, *args):
        tell("error", text % args if args else str(text))


class LogRecords(logging.Handler):
    """What rules say with `logging`, where they have not set up anything else."""

    def emit(self, record):
        try:
            level = "error" if record.levelno >= logging.ERROR else "warn" if record.levelno >= logging.WARNING else "info" if record.levelno >= logging.INFO else "debug"
            for line in self.format(record).split("\n"):
                tell(level, line)
        except Exception:
            self.handleError(record)


class Job:
    def __init__(self, message):
        self.number = message["job"]
        self.id = message["id"]
        self.attempt = message["attempt"]
        self.key = message.get("key")
        self.rule = message["rule"]
        self.data = message["data"]
        self.cancelled = threading.Event()
        self.hidden = None
        self.lines = 0
        self.marks = 0
        self.notices = 0
        self.said_progress = 0.0
        self.is_whole = False

    def shown(self, text, characters_max):
        """Without what its rule calls secret."""
        if self.hidden is None:
            return text[:characters_max]
        pattern, reach = self.hidden
        window, parts, begin = text[: characters_max + reach], [], 0
        for found in pattern.finditer(window):
            if characters_max <= found.start():
                break
            parts += [window[begin : found.start()], HIDDEN]
            begin = found.end()
        return "".join(parts) + window[begin:characters_max]


def shown_value(job, value):
    """Texts of a value, also names, each without what its rule calls secret."""
    if isinstance(value, str):
        return job.shown(value, len(value))
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return value if job.shown(str(value), 400) == str(value)[:400] else HIDDEN
    if isinstance(value, (list, tuple)):
        return [shown_value(job, each) for each in value]
    if isinstance(value, dict):
        return {(job.shown(name, len(name)) if isinstance(name, str) else name): shown_value(job, each) for name, each in value.items()}
    return value


def hidden_words(data, paths):
    words = set()

    def add(value):
        if isinstance(value, (list, dict)):
            for each in value.values() if isinstance(value, dict) else value:
                add(each)
        elif isinstance(value, (str, int, float)) and not isinstance(value, bool):
            text = str(value)
            if len(text) >= 3:
                words.update((text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1], repr(text)[1:-1]))
                if "\n" in text:
                    words.update(line.strip() for line in text.splitlines() if len(line.strip()) >= 8)

    for path in paths:
        value = data
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        add(value)
    if not words:
        return None
    longest_first = sorted(words, key=len, reverse=True)
    return re.compile("|".join(re.escape(word) for word in longest_first)), len(longest_first[0])


class Context:
    """`from dure import context`: of the job that runs in this thread."""

    @property
    def _job(self):
        job = getattr(current, "job", None)
        if job is None:
            raise RuntimeError("no job runs in this thread")
        return job

    @property
    def id(self):
        return self._job.id

    @property
    def attempt(self):
        return self._job.attempt

    @property
    def key(self):
        return self._job.key

    @property
    def cancelled(self):
        """True once its time is over or somebody cancelled it."""
        return self._job.cancelled.is_set()

    @property
    def log(self):
        return Log()

    def progress(self, share, text=None):
        """Of many within a moment the first is told."""
        job, now = self._job, time.monotonic()
        share = min(1.0, max(0.0, float(share)))
        if now < job.said_progress + PROGRESS_EVERY_SECONDS and share < 1:
            return
        if share == 1 and job.is_whole:
            return
        job.is_whole, job.said_progress = share == 1, now
        message = {"type": "progress", "job": job.number, "share": share}
        if text is not None:
            message["text"] = job.shown(str(text), 500)
        say(message)

    def mark(self, name, text=None):
        job = self._job
        if job.marks >= MARKS_MAX:
            return
        job.marks += 1
        message = {"type": "mark", "job": job.number, "name": job.shown(str(name), 100)}
        if text is not None:
            message["text"] = job.shown(str(text), TEXT_MAX)
        say(message)


    def notify(self, notifier, subject, text="", data=None):
        """Has somebody of the config's `notifiers` told, once this job has succeeded: kept with its result, sent again until it has arrived."""
        job = self._job
        if not isinstance(notifier, str) or not notifier:
            raise TypeError("notify: name one of the `notifiers:` of the config first")
        if not isinstance(subject, str) or not subject.strip():
            raise TypeError('notify: a notice has a subject: context.notify("ops", "order 7 is booked")')
        message = {"type": "notice", "job": job.number, "notifier": notifier, "subject": subject, "text": str(text), "data": data}
        size = len(json.dumps(message, ensure_ascii=False, allow_nan=False).encode("utf-8", "replace"))
        if size > NOTICE_BYTES_MAX:
            raise ValueError("notify: the notice has %d bytes; %d are allowed" % (size, NOTICE_BYTES_MAX))
        if job.notices >= NOTICES_MAX:
            raise ValueError("notify: a job may have %d notices" % NOTICES_MAX)
        job.notices += 1
        if job.hidden is not None:
            message.update(shown_value(job, {"subject": subject, "text": message["text"], "data": data}))
        say(message)


class FinalError(Exception):
    """Trying again cannot help."""

    is_final = True


class RetryAfter(Exception):
    def __init__(self, after, message="asked to be tried again later"):
        super().__init__(message)
        self.after = after


UNITS = {"ms": 1, "s": 1000, "m": 60000, "h": 3600000, "d": 86400000}


def time_ms(value):
    if isinstance(value, (int, float)):
        return int(value)
    found = re.match(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\s*\Z", value)
    if found is None:
        raise ValueError("write a duration with its unit, such as 500ms, 10s, 5m: " + repr(value))
    return int(float(found.group(1)) * UNITS[found.group(2)])


def rate_of(value):
    found = re.match(r"\s*([1-9]\d{0,6})\s*/\s*([smh])\s*\Z", value)
    if found is None:
        raise ValueError('write "10/s", "100/m" or "1000/h": ' + repr(value))
    return {"count": int(found.group(1)), "perMs": UNITS[found.group(2)]}


def rule(function=None, *, summary=None, timeout=None, attempts=None, backoff=None, concurrency=None, rate=None, priority=None, secrets=None, idempotency_key=None):
    """`@rule(timeout="10s", attempts=3)` above a function of the rules folder."""
    facts = {}
    if summary is not None:
        facts["summary"] = str(summary)
    if timeout is not None:
        facts["timeoutMs"] = time_ms(timeout)
    if attempts is not None:
        facts["attempts"] = int(attempts)
    if backoff is not None:
        facts["backoff"] = {"firstMs": time_ms(backoff[0]), "mostMs": time_ms(backoff[1])}
    if concurrency is not None:
        facts["concurrency"] = int(concurrency)
    if rate is not None:
        facts["rate"] = rate_of(rate)
    if priority is not None:
        if isinstance(priority, bool) or not isinstance(priority, int) or not 0 <= priority <= 9:
            raise ValueError("priority is a whole number from 0 to 9, and not %r" % (priority,))
        facts["priority"] = priority
    if secrets is not None:
        facts["secrets"] = [str(path) for path in secrets]
    if idempotency_key is not None:
        facts["idempotencyKey"] = str(idempotency_key)

    def mark(wrapped):
        # Above `@staticmethod` it is given what that has made.
        getattr(wrapped, "__func__", wrapped).__dure_rule__ = facts
        return wrapped

    return mark if function is None else mark(function)


def install_modules():
    """`from dure import rule`, and the package by whose name old rules import each other."""
    dure = types.ModuleType("dure", "What Dure gives to rules in Python.")
    dure.rule, dure.context, dure.FinalError, dure.RetryAfter = rule, Context(), FinalError, RetryAfter
    sys.modules["dure"] = dure
    parent = None
    names = MODULE_BASE.split(".") if MODULE_BASE else []
    for depth in range(len(names)):
        name = ".".join(names[: depth + 1])
        package = types.ModuleType(name)
        package.__path__ = [RULES_DIR] if depth + 1 == len(names) else []
        package.__spec__ = importlib.machinery.ModuleSpec(name, None, is_package=True)
        package.__spec__.submodule_search_locations = package.__path__
        sys.modules[name] = package
        if parent is not None:
            setattr(parent, names[depth], package)
        parent = package


def files():
    for folder, folders, names in os.walk(RULES_DIR):
        folders[:] = sorted(each for each in folders if WORD.match(each) and not each.startswith("_") and each != "node_modules")
        for name in sorted(names):
            path = os.path.join(folder, name)
            stem = name[:-3]
            if name.endswith(".py") and WORD.match(stem) and not stem.startswith("_") and not stem.startswith("test_") and os.path.realpath(path).startswith(RULES_DIR + os.sep):
                yield path


NODE_ENDINGS = (".ts", ".mts", ".cts", ".js", ".mjs", ".cjs")


def is_double(path):
    """A rule of Node has the same name, and is taken: the Node worker says so."""
    return any(os.path.isfile(path[:-3] + ending) for ending in NODE_ENDINGS)


def load():
    rules, facts, problems = {}, [], []
    # Old rules import what lies beside them by its own name, too.
    sys.path.insert(0, RULES_DIR)
    for path in files():
        file = os.path.relpath(path, RULES_DIR).replace(os.sep, "/")
        module_name = file[:-3].replace("/", ".")
        if is_double(path):
            continue
        if file in UNLOADABLE:
            problems.append({"file": file, "message": UNLOADABLE[file]})
            continue
        say_now({"type": "loading", "file": file})
        try:
            with open(path, "rb") as source:
                ast.parse(source.read(), path)  # Says where, before anything of it runs.
            module = importlib.import_module(MODULE_BASE + "." + module_name if MODULE_BASE else module_name)
            for function_name, class_name, function in callables(module):
                name = module_name + ":" + (class_name + "." if class_name else "") + function_name
                fact = {"name": name, "module": module_name, "function": function_name, "file": file, "runtime": "python"}
                if class_name:
                    fact["class"] = class_name
                fact.update(getattr(function, "__dure_rule__", {}))
                rules[name] = function
                facts.append(fact)
        except SyntaxError as error:
            problem = {"file": file, "message": "%s%s" % (error.msg, " (Python 2?)" if "print" in str(error.msg) or "except" in str(error.text or "") else "")}
            if error.filename == path:
                problem.update({"line": error.lineno or 1, "column": error.offset or 1})
            problems.append(problem)
        except BaseException as error:  # A module may end the process by its own word.
            problem = {"file": file, "message": "%s: %s" % (type(error).__name__, error)}
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
            if frames:
                problem["line"] = frames[-1].lineno
            problems.append(problem)
    return rules, facts, problems


def callables(module):
    """What the module itself defines: its functions, and the static and class methods of its classes. Names that it imported, or that begin with `_`, are none."""
    for name, value in list(vars(module).items()):
        if name.startswith("_") or not WORD.match(name):
            continue
        if isinstance(value, types.FunctionType) and value.__module__ == module.__name__:
            yield name, None, value
        elif isinstance(value, type) and value.__module__ == module.__name__:
            for method, own in list(vars(value).items()):
                if not method.startswith("_") and WORD.match(method) and isinstance(own, (staticmethod, classmethod)) and not is_passed_on(own.__func__, module):
                    yield method, name, getattr(value, method)


def is_passed_on(function, module):
    """`staticmethod(os.system)`: another module's, put into a class; what an imported decorator made of a function is none."""
    while not isinstance(function, types.FunctionType):
        function = getattr(function, "__wrapped__", None) or getattr(function, "func", None)  # Of a cache, of a partial.
        if function is None:
            return True
    home = getattr(function, "__module__", None)
    return home != module.__name__ and getattr(sys.modules.get(home), function.__name__, None) is function


def run(rules, job):
    current.job = job
    try:
        function = rules.get(job.rule)
        if function is None:
            return fail(job.number, "NO_RULE", "there is no rule " + job.rule, None, is_final=True)
        secrets = getattr(function, "__dure_rule__", {}).get("secrets")
        if secrets:
            job.hidden = hidden_words(job.data, secrets)
        value = function(job.data)
        finish(job, value)
    except BaseException as error:  # Also SystemExit: a rule ends itself, never the worker.
        after = error.after if isinstance(error, RetryAfter) else None
        stack = stack_of(error)
        # Of a long one the end says where.
        stack = None if stack is None else job.shown(stack, len(stack))
        fail(job.number, type(error).__name__, job.shown(message_of(error), TEXT_MAX), stack, is_final=isinstance(error, FinalError), after=after)
    finally:
        if is_forked:
            os._exit(0)  # A child that a rule has made of this process came back from it: the job is its parent's.
        sys.stdout.end_line()
        sys.stderr.end_line()
        current.job = None


def message_of(error):
    try:
        return str(error)
    except BaseException:  # Its author's own words fail.
        return "(its message cannot be told)"


def stack_of(error):
    try:
        return "".join(traceback.format_exception(type(error), error, error.__traceback__.tb_next if error.__traceback__ else None))
    except BaseException:
        return None


def finish(job, value):
    text = "" if value is None else str(value)
    try:
        result = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        result = json.dumps(text, ensure_ascii=False)
    # A lone surrogate is no UTF-8.
    size = len(result.encode("utf-8", "backslashreplace"))
    if size > RESULT_BYTES_MAX or len(text) > RESULT_BYTES_MAX:
        return fail(job.number, "TOO_LARGE", "its result has %d bytes; %d are allowed" % (max(size, len(text)), RESULT_BYTES_MAX), None, is_final=True)
    outbox.put('{"type":"done","job":%d,"text":%s,"result":%s}' % (job.number, json.dumps(text, ensure_ascii=False), result))


def fail(number, kind, message, stack, is_final=False, after=None):
    error = {"kind": kind, "message": message[:TEXT_MAX]}
    if stack:
        error["stack"] = stack[-STACK_MAX:]
    if is_final:
        error["isFinal"] = True
    if after is not None:
        try:
            error["retryAfterMs"] = time_ms(after)
        except (TypeError, ValueError):
            pass
    say({"type": "failed", "job": number, "error": error})


def memory_bytes():
    try:
        with open("/proc/self/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return 0


def main():
    global lines_out
    lines_in, lines_out = take_lines()
    sys.stdin = io.TextIOWrapper(open(os.devnull, "rb"))
    sys.stdout, sys.stderr = Printed("info", 1), Printed("error", 2)
    logging.lastResort = LogRecords(logging.WARNING)
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=note_fork)
    writer = threading.Thread(target=write_lines, daemon=True)
    writer.start()
    install_modules()
    rules, facts, problems = load()
    say({"type": "ready", "pid": os.getpid(), "rules": facts, "problems": problems})

    jobs, lock, waiting = {}, threading.Lock(), queue.SimpleQueue()

    def work():
        while True:
            job = waiting.get()
            if job is None:
                return
            run(rules, job)
            with lock:
                jobs.pop(job.number, None)

    def beat():
        while True:
            say({"type": "beat", "jobs": len(jobs), "memoryBytes": memory_bytes()})
            time.sleep(BEAT_SECONDS)

    threading.Thread(target=beat, daemon=True).start()
    threads, is_drained = [], False
    for line in lines_in:
        if not line.strip():
            continue
        try:
            message = json.loads(line.decode("utf-8", "replace"))
        except (ValueError, RecursionError) as error:  # Nested too deep, or a number too long for Python.
            head = RUN_HEAD.match(line)
            if head is not None:
                fail(int(head.group(1)), "INVALID_DATA", "Python cannot read its data: %s" % error, None, is_final=True)
            continue
        if message["type"] == "run":
            job = Job(message)
            with lock:
                jobs[job.number] = job
                if len(threads) < min(SLOTS, len(jobs)):
                    threads.append(threading.Thread(target=work, name="Task-%d" % (len(threads) + 1), daemon=True))
                    threads[-1].start()
            waiting.put(job)
        elif message["type"] == "cancel":
            job = jobs.get(message["job"])
            if job is not None:
                job.cancelled.set()
        else:
            is_drained = True
            break
    if not is_drained:
        end_with_agent()
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    outbox.put(None)
    writer.join()
    os._exit(0)  # Threads that rules have left behind do not keep it.


if __name__ == "__main__":
    main()
elif __name__ == "__mp_main__":
    install_modules()  # A child of `multiprocessing` looks for rules by their names.
