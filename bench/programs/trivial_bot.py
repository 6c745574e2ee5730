#!/usr/bin/env python3
"""The least that a bot does: reads its request, writes a result. One whose request says `wait` waits, so that what comes behind it is queued."""
import json, os, socket, time

sherind = socket.socket(fileno=int(os.environ["SHERIN_SOCKET_FD"]))
sherind.settimeout(4)
given, out = os.environ["SHERIN_IN"], os.environ["SHERIN_OUT"]


def answer(task):
    with open(f"{given}/{task}") as file:
        text = file.read()
    if text.startswith("wait"):
        time.sleep(3600)
    with open(f"{out}/{task}", "w") as file:
        file.write(f"answer: {text}")
    return {"result_id": os.getxattr(f"{out}/{task}", "user.sherin.id").decode()}


sherind.send(b'{"heartbeat":true}')
while True:
    try:
        message = json.loads(sherind.recv(512))
    except TimeoutError:
        sherind.send(b'{"heartbeat":true}')
        continue
    task = message["task_id"]
    sherind.send(json.dumps({"task_id": task, **answer(task)}).encode())
