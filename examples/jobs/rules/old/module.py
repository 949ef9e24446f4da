# A rule file of ItsBox Operator runs as it is.
from itsbox.operator.old import greeting


class TestClass(object):
    @staticmethod
    def callme(arg):
        return {"hello": greeting.of(arg["arg1"])}
