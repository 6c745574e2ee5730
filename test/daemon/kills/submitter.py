"""Keeps asking: writes requests at the mount, durably, and submits each until it is accepted, whatever is killed meanwhile. For each line of the
input one request, which is `DOMAIN TEXT`; prints one line of JSON for each that was accepted."""
import json, os, socket, sys, time

mount, path = sys.argv[1:]


def stored(text, name):
    fd = os.open(f"{mount}/inbox/{name}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(fd, text.encode())
        os.fsync(fd)
    finally:
        os.close(fd)
    return os.getxattr(f"{mount}/inbox/{name}", "user.sherin.id").decode()


def submit(id, domain):
    with socket.socket(socket.AF_UNIX) as sherind:
        sherind.settimeout(20)
        sherind.connect(path)
        call = {"jsonrpc": "2.0", "id": 1, "method": "task.submit", "params": {"id": id, "domain": domain}}
        sherind.sendall(json.dumps(call).encode() + b"\n")
        return json.loads(sherind.makefile().readline())["result"]["task_id"]


at, id = 0, None
for line in sys.stdin:
    domain, text = line.rstrip("\n").split(" ", 1)
    id = None
    while True:
        at += 1
        try:
            id = id or stored(text, f"request-{at}")
            print(json.dumps({"text": text, "domain": domain, "task_id": submit(id, domain)}), flush=True)
            break
        except (OSError, ValueError, KeyError):
            time.sleep(0.05)
