"""A logind on a bus of its own, as far as sleep is concerned: gives out delay locks, sends PrepareForSleep, says when all locks are gone.

Speaks the D-Bus protocol (dbus.freedesktop.org/doc/dbus-specification.html) to the bus at the socket argv[1]. Lines on standard
input: `sleep`, `wake`. Lines on standard output: `ready`, `held`, `released`.
"""
import array, os, select, socket, struct, sys

bus = socket.socket(socket.AF_UNIX)
bus.connect(sys.argv[1])
bus.sendall(b'\0AUTH EXTERNAL ' + str(os.getuid()).encode().hex().encode() + b'\r\n')
assert bus.recv(512).startswith(b'OK')
bus.sendall(b'NEGOTIATE_UNIX_FD\r\n')
assert bus.recv(512).startswith(b'AGREE_UNIX_FD')
bus.sendall(b'BEGIN\r\n')
serial = 0


def padded(data, to):
    return data + b'\0' * (-len(data) % to)


def string(text):
    data = text.encode()
    return struct.pack('<I', len(data)) + data + b'\0'


def message(kind, fields, signature='', body=b'', fds=()):
    global serial
    serial += 1
    if signature:
        fields = fields + [(8, 'g', signature)]
    if fds:
        fields = fields + [(9, 'u', len(fds))]
    out = b''
    for code, form, value in fields:
        out = padded(out, 8) + bytes([code, 1]) + form.encode() + b'\0'
        if form == 'g':
            out += bytes([len(value)]) + value.encode() + b'\0'
        elif form == 'u':
            out = padded(out, 4) + struct.pack('<I', value)
        else:
            out = padded(out, 4) + string(value)
    head = struct.pack('<cBBBIII', b'l', kind, 0, 1, len(body), serial, len(out)) + out
    ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', fds))] if fds else []
    bus.sendmsg([padded(head, 8) + body], ancillary)


def call(member, signature, body):
    message(1, [(1, 'o', '/org/freedesktop/DBus'), (2, 's', 'org.freedesktop.DBus'), (3, 's', member),
                (6, 's', 'org.freedesktop.DBus')], signature, body)


def fields_of(data):
    found, at = {}, 0
    while at < len(data):
        at += -at % 8
        code, length = data[at], data[at + 1]
        form = data[at + 2:at + 2 + length].decode()
        at += 3 + length
        if form == 'g':
            size = data[at]
            found[code] = data[at + 1:at + 1 + size].decode()
            at += size + 2
        else:
            at += -at % 4
            number = struct.unpack_from('<I', data, at)[0]
            at += 4
            if form == 'u':
                found[code] = number
            else:
                found[code] = data[at:at + number].decode()
                at += number + 1
    return found


def say(word):
    print(word, flush=True)


call('Hello', '', b'')
call('RequestName', 'su', padded(string('org.freedesktop.login1'), 4) + struct.pack('<I', 4))
say('ready')
held, data = [], b''
while True:
    ready, _, _ = select.select([bus, sys.stdin.fileno(), *held], [], [])
    for fd in [fd for fd in held if fd in ready]:
        # All other ends are closed.
        held.remove(fd)
        os.close(fd)
        say('released')
    if sys.stdin.fileno() in ready:
        words = os.read(0, 4096).decode().split()
        if not words:
            break
        for word in words:
            body = struct.pack('<I', 1 if word == 'sleep' else 0)
            message(4, [(1, 'o', '/org/freedesktop/login1'), (2, 's', 'org.freedesktop.login1.Manager'),
                        (3, 's', 'PrepareForSleep')], 'b', body)
    if bus not in ready:
        continue
    received = bus.recv(65536)
    if not received:
        break
    data += received
    while len(data) >= 16:
        body_length, number, length = struct.unpack_from('<III', data, 4)
        begin = 16 + length + (-length % 8)
        if len(data) < begin + body_length:
            break
        fields = fields_of(data[16:16 + length])
        kind, data = data[1], data[begin + body_length:]
        if kind != 1:
            continue
        answer = [(5, 'u', number), (6, 's', fields[7])]
        if fields.get(3) == 'Inhibit':
            mine, theirs = os.pipe()
            message(2, answer, 'h', struct.pack('<I', 0), [theirs])
            os.close(theirs)
            held.append(mine)
            say('held')
        else:
            message(3, answer + [(4, 's', 'org.freedesktop.DBus.Error.UnknownMethod')])
