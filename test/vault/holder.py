"""Programs that hold files of a mount open while sherin-fs is replaced: `holder.py MOUNT SECONDS`. Prints one JSON object; any error ends it."""
import fcntl, hashlib, json, mmap, os, sys, threading, time

root = os.path.join(sys.argv[1], "files")
stop = threading.Event()
counts = {"reads": 0, "appends": 0, "names": 0, "mapped": 0}
errors = []
pattern = bytes(range(256)) * 4096  # 1 MiB


def part(work):
    def run():
        try:
            work()
        except BaseException as error:
            errors.append(f"{work.__name__}: {error!r}")

    return threading.Thread(target=run)


def reader():
    fd = os.open(os.path.join(root, "big"), os.O_RDONLY)
    while not stop.is_set():
        at = (counts["reads"] * 77_777) % (8 << 20)
        got = os.pread(fd, 4096, at)
        assert got == (pattern + pattern)[at % (1 << 20) : at % (1 << 20) + 4096], f"wrong bytes at {at}"
        if counts["reads"] % 16 == 0:
            os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
        counts["reads"] += 1
        time.sleep(0.0005)


def appender():
    fd = os.open(os.path.join(root, "log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    while not stop.is_set():
        line = f"{counts['appends']:09}\n".encode()
        assert os.write(fd, line) == len(line)
        os.fsync(fd)
        counts["appends"] += 1
        time.sleep(0.0005)
    os.close(fd)


def names():
    while not stop.is_set():
        path = os.path.join(root, f"n{counts['names'] % 7}")
        with open(path, "w") as file:
            file.write(path)
        os.rename(path, path + "x")
        with open(path + "x") as file:
            assert file.read() == path
        counts["names"] += 1
        time.sleep(0.002)


def mapper():
    fd = os.open(os.path.join(root, "mapped"), os.O_RDWR)
    with mmap.mmap(fd, 1 << 20) as pages:
        while not stop.is_set():
            at = (counts["mapped"] * 4096) % (1 << 20)
            pages[at : at + 8] = counts["mapped"].to_bytes(8, "big")
            if counts["mapped"] % 8 == 0:
                pages.flush()
            assert pages[at : at + 8] == counts["mapped"].to_bytes(8, "big")
            counts["mapped"] += 1
            time.sleep(0.001)


os.makedirs(root, exist_ok=True)
with open(os.path.join(root, "big"), "wb") as file:
    file.write(pattern * 8)
with open(os.path.join(root, "mapped"), "wb") as file:
    file.write(bytes(1 << 20))
os.makedirs(os.path.join(root, "many"), exist_ok=True)
for number in range(600):
    open(os.path.join(root, "many", f"{number:04}-{'x' * 60}"), "w").close()

# Held without a name: written before, and part of it not read back since.
nameless = os.open(os.path.join(root, "gone"), os.O_RDWR | os.O_CREAT, 0o600)
os.write(nameless, pattern + b"tail")
os.truncate(nameless, (2 << 20) + 5)
os.unlink(os.path.join(root, "gone"))
os.pwrite(nameless, b"written after", 3 << 20)

# In a version, then without a name.
version = os.open(os.path.join(root, "version"), os.O_RDWR)
os.unlink(os.path.join(root, "version"))
os.mkdir(os.path.join(root, "left"))
os.chdir(os.path.join(root, "left"))
os.rmdir(os.path.join(root, "left"))

# Opened one after another from a listing: most of these by the mount's own threads.
small = {}
for name in sorted(os.listdir(os.path.join(root, "small"))):
    small[name] = os.open(os.path.join(root, "small", name), os.O_RDONLY)
    if len(small) % 2 == 0:
        os.pread(small[name], 100, 0)

locked = os.open(os.path.join(root, "locked"), os.O_RDWR | os.O_CREAT)
fcntl.flock(locked, fcntl.LOCK_EX)
listing = os.scandir(os.path.join(root, "many"))
seen = [next(listing).name for _ in range(5)]
held = os.open(os.path.join(root, "big"), os.O_RDONLY)
inner = os.open(os.path.join(root, "many"), os.O_RDONLY | os.O_DIRECTORY)

threads = [part(work) for work in (reader, appender, names, mapper)]
for thread in threads:
    thread.start()
print("holding", flush=True)
sys.stdin.readline()
after = dict(counts)
deadline = time.time() + 20
while not errors and time.time() < deadline and not all(counts[what] > after[what] + 3 for what in counts):
    time.sleep(0.01)
stop.set()
for thread in threads:
    thread.join()

seen += [entry.name for entry in listing]
os.posix_fadvise(nameless, 0, 0, os.POSIX_FADV_DONTNEED)
want = bytearray((3 << 20) + 13)
want[: 1 << 20] = pattern
want[1 << 20 : (1 << 20) + 4] = b"tail"
want[3 << 20 :] = b"written after"
got = os.pread(nameless, 8 << 20, 0)
os.pwrite(nameless, b"again", 0)
other = os.open(os.path.join(root, "locked"), os.O_RDWR)
try:
    fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    errors.append("the lock is gone")
except BlockingIOError:
    pass
with open(os.path.join(root, "log")) as file:
    lines = file.read().split()
os.stat(os.path.join(root, "many", seen[0]))
os.posix_fadvise(version, 0, 0, os.POSIX_FADV_DONTNEED)
for fd in small.values():
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
print(
    json.dumps(
        {
            "errors": errors,
            "goesOn": all(counts[what] > after[what] for what in counts),
            "log": lines == [f"{number:09}" for number in range(counts["appends"])],
            "listed": len(set(seen)),
            "nameless": got == bytes(want),
            "namelessAgain": os.pread(nameless, 5, 0) == b"again",
            "namelessLinks": os.fstat(nameless).st_nlink,
            "held": hashlib.sha256(os.pread(held, 8 << 20, 0)).hexdigest() == hashlib.sha256(pattern * 8).hexdigest(),
            "inner": sorted(os.listdir(inner))[:1] == [f"0000-{'x' * 60}"],
            "version": os.pread(version, 100, 0) == b"in a version",
            "cwd": os.listdir(".") == [],
            "small": len(small) == 150 and all(os.pread(fd, 100, 0) == name.encode() for name, fd in small.items()),
            "counts": counts,
        }
    )
)
