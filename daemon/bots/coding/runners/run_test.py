"""Runs one test, named as its file and Class.method, and tells what came of it and which lines have run."""
import importlib
import os
import sys
import threading
import traceback
import unittest

sys.path.insert(0, "/runners")
from sherin_channel import open_channel

send = open_channel()
sys.path[0] = "/task"
FOLDER = "/task/"


class Verdict(unittest.TestResult):
    """Keeps the first thing that went wrong."""

    outcome = None
    message = ""

    def note(self, outcome, message=""):
        if self.outcome in (None, "passed"):
            self.outcome, self.message = outcome, message

    def addSuccess(self, test):
        self.note("passed")

    def addFailure(self, test, err):
        self.note("failed", brief(err[1]))

    def addError(self, test, err):
        self.note("error", brief(err[1]))

    def addSubTest(self, test, subtest, err):
        if err is not None:
            failed = issubclass(err[0], test.failureException)
            self.note("failed" if failed else "error", brief(err[1]))

    def addSkip(self, test, reason):
        self.note("skipped", str(reason))

    def addExpectedFailure(self, test, err):
        self.note("passed")

    def addUnexpectedSuccess(self, test):
        self.note("failed", "it was expected to fail")


def brief(error):
    """The exception, and where in the request it came from."""
    try:
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(FOLDER)]
        where = f"{frames[-1].filename[len(FOLDER):]}:{frames[-1].lineno}: " if frames else ""
        return f"{where}{type(error).__name__}: {error}"[:2000]
    except Exception:
        return type(error).__name__


run_lines = {}


def on_call(frame, event, argument):
    path = frame.f_code.co_filename
    if not path.startswith(FOLDER) or path.startswith(FOLDER + "test_"):
        return None
    lines = run_lines.setdefault(path[len(FOLDER):], set())

    def on_line(frame, event, argument):
        if event == "line":
            lines.add(frame.f_lineno)
        return on_line

    lines.add(frame.f_lineno)
    return on_line


def judges():
    """What decides of tests, to see whether the program has put something else there."""
    return [dict(vars(kind)) for kind in (unittest.TestCase, unittest.TestSuite, unittest.TestResult, Verdict)]


def run(file, name):
    verdict = Verdict()
    before = judges()
    threading.settrace(on_call)
    sys.settrace(on_call)
    try:
        module = importlib.import_module(file.removesuffix(".py"))
        tests = unittest.defaultTestLoader.loadTestsFromName(name, module)
        unittest.TestSuite([tests]).run(verdict)
    except BaseException as error:
        verdict.note("error", brief(error))
    sys.settrace(None)
    if judges() != before:
        return "error", "the program has changed unittest"
    return verdict.outcome or "error", verdict.message


if __name__ == "__main__":
    outcome, message = run(*sys.argv[1:])
    send(lines={path: sorted(lines) for path, lines in run_lines.items()})
    send(outcome=outcome, message=message)
    os._exit(0)
