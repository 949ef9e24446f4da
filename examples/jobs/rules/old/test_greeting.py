# In the rules folder: `PYTHONPATH=DURE/src/sdk/python python3 -m unittest old/test_greeting.py`, where DURE is the folder of Dure.
import unittest

import dure
from itsbox.operator.old.module import TestClass


class Greeting(unittest.TestCase):
    def test_what_the_caller_gets(self):
        self.assertEqual(dure.run(TestClass.callme, {"arg1": "길동"}).result, {"hello": "길동님, 안녕하세요"})

    def test_what_a_rule_says_on_its_way(self):
        def rule(arg):
            dure.context.log.warning("%s is late", arg["name"])
            dure.context.mark("greeted", arg["name"])
            dure.context.progress(1)
            return {"attempt": dure.context.attempt}

        ran = dure.run(rule, {"name": "길동"}, attempt=2)
        self.assertEqual(ran.result, {"attempt": 2})
        self.assertEqual(ran.lines, [("warn", "길동 is late")])
        self.assertEqual((ran.marks, ran.progressed), ([("greeted", "길동")], [(1.0, None)]))
