#!/usr/bin/python3
"""Runs each request as a program, writes what it prints to out/ and answers with the request's own ID."""
import json
import os
import socket
import subprocess

sherind = socket.socket(fileno=int(os.environ["SHERIN_SOCKET_FD"]))
sherind.settimeout(1)
sherind.send(b'{"heartbeat":true}')
while True:
    try:
        task = json.loads(sherind.recv(512))
    except TimeoutError:
        sherind.send(b'{"heartbeat":true}')
        continue
    name = task["task_id"]
    run = subprocess.run(
        ["/usr/bin/python3", f"{os.environ['SHERIN_IN']}/{name}"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, pass_fds=[sherind.fileno()])
    with open(f"{os.environ['SHERIN_OUT']}/{name}", "wb") as out:
        out.write(run.stdout + f"exit {run.returncode}\n".encode())
    sherind.send(json.dumps({"task_id": name, "result_id": name}).encode())
