"""Many connections of one user to sherind, of one kind, made when it starts; prints a line when they are as they should be, then obeys its input.

asking N: each asks and reads its answer once, and again with each line of the input; prints how many answers were right.
deaf N:   each sends as much as the kernel takes and reads nothing, until sherind has closed it; prints how many it has closed.
dying N:  each has subscribed, has answers that it has not read and is in the middle of a line, until the process is killed.
"""
import json, select, socket, sys

path, kind, count = sys.argv[1], sys.argv[2], int(sys.argv[3])


def line(method, **params):
    return json.dumps({"jsonrpc": "2.0", "id": 7, "method": method, "params": params}).encode() + b"\n"


def connected():
    s = socket.socket(socket.AF_UNIX)
    s.connect(path)
    return s


def say(what):
    print(what, flush=True)


def ask():
    for s in all:
        s.sendall(line("system.status"))
    answers = [json.loads(s.makefile().readline()) for s in all]
    return sum(one["id"] == 7 and one.get("result", {}).get("state") == "running" for one in answers)


def fill(s):
    s.setblocking(False)
    try:
        while True:
            s.send(line("system.health") * 16)
    except BlockingIOError:
        pass


all = [connected() for _ in range(count)]
if kind == "asking":
    say(ask())
    for _ in sys.stdin:
        say(ask())
elif kind == "deaf":
    for s in all:
        fill(s)
    say(count)
    poll, closed = select.poll(), set()
    for s in all:
        poll.register(s, 0)
    while len(closed) < count:
        for fd, _ in poll.poll():
            closed.add(fd)
            poll.unregister(fd)
    say(len(closed))
else:
    for s in all:
        s.sendall(line("event.subscribe", kinds=["lock", "bot"]) + line("task.watch", of="own"))
        s.makefile().readline()
        s.sendall(line("system.health") * 8 + b'{"jsonrpc":"2.0","id":1,"meth')
    say(count)
    sys.stdin.read()
