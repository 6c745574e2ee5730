#!/usr/bin/env python3
"""A bot that works on its first task until a file `go` is beside it, and from then on at once."""
import json, os, socket, time

sherind = socket.socket(fileno=int(os.environ["SHERIN_SOCKET_FD"]))
sherind.settimeout(4)
go = os.path.join(os.path.dirname(os.path.abspath(__file__)), "go")


def answer(task):
    while not os.path.exists(go):
        time.sleep(0.1)
    with open(f"{os.environ['SHERIN_IN']}/{task}") as file:
        text = file.read()
    out = f"{os.environ['SHERIN_OUT']}/result"
    with open(out, "w") as file:
        file.write(f"done: {text}")
    return os.getxattr(out, "user.sherin.id").decode()


sherind.send(b'{"heartbeat":true}')
while True:
    try:
        task = json.loads(sherind.recv(512))["task_id"]
    except TimeoutError:
        sherind.send(b'{"heartbeat":true}')
        continue
    sherind.send(json.dumps({"task_id": task, "result_id": answer(task)}).encode())
