"""Submits one request of its user so many times, as fast as sherind takes it; prints how many were accepted, and why the first other one was not."""
import json, os, socket, sys, threading, time

mount, path, wanted = sys.argv[1], sys.argv[2], int(sys.argv[3])
name = f"{mount}/inbox/request-of-{os.getuid()}"
with open(name, "x") as file:
    file.write(f"a request of {os.getuid()}")
    file.flush()
    os.fsync(file.fileno())
id = os.getxattr(name, "user.sherin.id").decode()
call = {"jsonrpc": "2.0", "id": 1, "method": "task.submit", "params": {"id": id, "domain": "logic"}}
line = json.dumps(call).encode() + b"\n"
sherind = socket.socket(socket.AF_UNIX)
sherind.connect(path)
answers = sherind.makefile()


def submitted(count):
    def send():
        for _ in range(count):
            sherind.sendall(line)

    sender = threading.Thread(target=send)
    sender.start()
    told = [json.loads(answers.readline()) for _ in range(count)]
    sender.join()
    return told


accepted, refusal = 0, None
while accepted < wanted and refusal is None:
    told = submitted(min(1000, wanted - accepted))
    accepted += sum("result" in one for one in told)
    refused = [one["error"]["message"] for one in told if "error" in one]
    if any("too many requests" in one for one in refused):
        time.sleep(1)
    refusal = next((one for one in refused if "too many requests" not in one), None)
print(json.dumps({"request": id, "accepted": accepted, "refusal": refusal}))
