"""Lines to sherind's socket, as the user who runs this: each line of the input is a request, its answer a line of the output."""
import socket, sys

s = socket.socket(socket.AF_UNIX)
s.connect(sys.argv[1])
answers = s.makefile()
for line in sys.stdin:
    s.sendall(line.encode())
    print(answers.readline(), end='', flush=True)
