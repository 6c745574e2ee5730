"""A client of sherind's socket, as the user who runs this: lines of the input go there, lines that come are printed."""
import socket, sys, threading

s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])


def listen():
    for line in s.makefile():
        print(line, end='', flush=True)


threading.Thread(target=listen, daemon=True).start()
for line in sys.stdin:
    s.sendall(line.encode())
