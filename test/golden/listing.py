"""Everything that a mounted tree shows of each of its files: one JSON object a path, on standard output."""
import errno
import hashlib
import json
import os
import stat
import sys

KINDS = {
    stat.S_IFREG: "file",
    stat.S_IFDIR: "directory",
    stat.S_IFLNK: "symlink",
    stat.S_IFIFO: "fifo",
    stat.S_IFSOCK: "socket",
}
# What the vault itself tells of a file, by name only; a proof and the time of the last check change with each start.
TOLD = ["id", "cubes", "root", "policy"]


def data_ranges(fd, size):
    ranges, at = [], 0
    while at < size:
        try:
            start = os.lseek(fd, at, os.SEEK_DATA)
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            break
        at = os.lseek(fd, start, os.SEEK_HOLE)
        ranges.append([start, at])
    return ranges


def content(path):
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.tell()
        told = {}
        for name in TOLD:
            try:
                told[name] = os.getxattr(path, "user.sherin." + name).decode()
            except OSError as error:
                if error.errno != errno.ENODATA:
                    raise
        return {"sha256": digest, "data": data_ranges(file.fileno(), size), "told": told}


def entry(path):
    facts = os.lstat(path)
    kind = KINDS[stat.S_IFMT(facts.st_mode)]
    found = {
        "kind": kind,
        "mode": "%o" % stat.S_IMODE(facts.st_mode),
        "uid": facts.st_uid,
        "gid": facts.st_gid,
        "ino": facts.st_ino,
        "links": facts.st_nlink,
        "mtime": str(facts.st_mtime_ns),
        "ctime": str(facts.st_ctime_ns),
        "xattrs": {
            name: os.getxattr(path, name, follow_symlinks=False).hex()
            for name in sorted(os.listxattr(path, follow_symlinks=False))
        },
    }
    if kind == "file":
        found.update(size=facts.st_size, **content(path))
    if kind == "symlink":
        found["target"] = os.readlink(path)
    return found


def main(root):
    entries = {".": entry(root)}
    for folder, directories, files in os.walk(root):
        for name in directories + files:
            path = os.path.join(folder, name)
            entries[os.path.relpath(path, root)] = entry(path)
    json.dump(dict(sorted(entries.items())), sys.stdout)


main(sys.argv[1])
