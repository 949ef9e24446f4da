def of(name):
    return "%s님, 안녕하세요" % name
