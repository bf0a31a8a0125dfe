"""Runs the `tests` package on the path with unittest; one JSON line a test: [name, result, why]."""
import json
import sys
import unittest

import tests


class Lines(unittest.TestResult):
    def say(self, test, result, why=""):
        print(json.dumps([test.id(), result, why]), file=sys.__stdout__, flush=True)

    def addSuccess(self, test):
        self.say(test, "ok")

    def addSkip(self, test, reason):
        self.say(test, "skipped", reason)

    def addFailure(self, test, err):
        self.say(test, "failed", self._exc_info_to_string(err, test))

    def addError(self, test, err):
        self.say(test, "error", self._exc_info_to_string(err, test))

    def addSubTest(self, test, subtest, err):
        if err:
            self.say(test, "failed", f"{subtest}\n{self._exc_info_to_string(err, test)}")

    def addExpectedFailure(self, test, err):
        self.say(test, "ok")


suite = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:]) if sys.argv[1:] else tests.test_suite()
suite.run(Lines())
