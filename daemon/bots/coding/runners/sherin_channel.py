"""The runner's way to the bot: descriptor 3 gives a token once, and takes lines of JSON behind it."""
import json
import os


def open_channel():
    """Reads the token, before anything of the request runs, and returns what sends."""
    os.set_inheritable(3, False)
    token = b""
    while len(token) < 32:
        token += os.read(3, 32 - len(token))

    def send(write=os.write, dumps=json.dumps, **report):
        line = token + b" " + dumps(report).encode() + b"\n"
        while line:
            line = line[write(3, line):]

    return send
