"""Makes system calls for the POSIX suite as one user: python3 executor.py UID GID GROUP,GROUP…

A line of input asks for one call, {"call": name, "args": [...]}, a line of output answers it, {"value": …} or
{"errno": "ENOENT"}. Text is bytes, a character a byte (latin-1); a number beyond 2^53 travels as {"int": "…"}.
"""
import ctypes
import errno
import json
import os
import resource
import sys

sys.dont_write_bytecode = True

import directories  # noqa: E402,F401
from calls import CALLS, libc  # noqa: E402

SAFE = 2 ** 53
PR_SET_DUMPABLE = 4


def become(uid, gid, groups):
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    # Else /proc/self/fd would be root's: the kernel withdraws it when the user changes.
    libc.prctl(PR_SET_DUMPABLE, 1, 0, 0, 0)
    os.umask(0)


def decode(value):
    if isinstance(value, str):
        return value.encode('latin-1')
    if isinstance(value, list):
        return [decode(part) for part in value]
    if isinstance(value, dict):
        return int(value['int'])
    return value


def encode(value):
    if isinstance(value, bytes):
        return value.decode('latin-1')
    if isinstance(value, (list, tuple)):
        return [encode(part) for part in value]
    if isinstance(value, dict):
        return {name: encode(part) for name, part in value.items()}
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= SAFE:
        return {'int': str(value)}
    return value


# These numbers have a second name, which Python prefers.
NAMES = {**errno.errorcode, errno.EOPNOTSUPP: 'EOPNOTSUPP', errno.EDEADLK: 'EDEADLK'}
LIMITS = {name: resource.getrlimit(name) for name in (resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE)}


def begin(directory):
    """A clean start for a rule: no file of an earlier one is open, and its directory is the current one."""
    for name, value in LIMITS.items():
        resource.setrlimit(name, value)
    os.closerange(3, 256)
    os.umask(0)
    os.chdir(directory)


def answer(line):
    question = json.loads(line)
    call = begin if question['call'] == 'begin' else CALLS[question['call']]
    try:
        return {'value': encode(call(*decode(question['args'])))}
    except OSError as error:
        return {'errno': NAMES.get(error.errno, str(error.errno))}


def main():
    uid, gid = int(sys.argv[1]), int(sys.argv[2])
    become(uid, gid, [int(group) for group in sys.argv[3].split(',') if group])
    ctypes.set_errno(0)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(line)) + '\n')
        sys.stdout.flush()


main()
