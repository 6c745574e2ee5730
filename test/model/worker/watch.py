"""
What one operation changes on the files that it names. Clocks of two file systems differ, so of a time only this is said:

- `same`: it did not change, and a change would have shown;
- `now`: it changed, to a moment while the operation ran;
- `unsure`: it did not change, but was so young that a change within the same tick of the kernel's clock can't be seen;
  or its file was not known before and may have been made at any step;
- seconds and nanoseconds: it is a moment from outside the sequence, so somebody has set it.
"""
import os
import time

from facts import attempt, facts, kind


# linux/time.h; Python has no name for it.
CLOCK_REALTIME_COARSE = 5


def coarse():
    """The clock of the kernel's ticks, of which file times are taken, in nanoseconds."""
    return time.clock_gettime_ns(CLOCK_REALTIME_COARSE)


def next_tick():
    start = coarse()
    while coarse() == start:
        time.sleep(0.0005)


class Watch:
    def __init__(self, worker, command):
        self.worker = worker
        self.command = command
        self.known = {status.st_ino: status for _, status in self.look() if not isinstance(status, str)}
        # `step` is how fine the file system keeps times: a change may round down to before its operation began.
        self.start = coarse() - worker.step + 1

    def look(self):
        seen = []
        for name in ('path', 'to'):
            if name in self.command:
                path = self.worker.full(self.command[name])
                seen.append((name, attempt(os.lstat, path)))
                seen.append((f'parent of {name}', attempt(os.stat, os.path.dirname(path))))
        for name in ('slot', 'source'):
            # Before it is opened, a slot has nothing to show.
            if name in self.command and self.worker.handles:
                seen.append((name, attempt(os.fstat, self.worker.fd(self.command[name]))))
        return seen

    def changes(self):
        """What there is now, and which times changed."""
        return {name: status if isinstance(status, str) else facts(status) + self.times(status)
                for name, status in self.look()}

    def times(self, status):
        # A FIFO's times follow what goes through it, which never reaches the file system.
        if kind(status) == 'fifo':
            return []
        before = self.known.get(status.st_ino)
        end = time.time_ns()
        return [self.change(name, getattr(status, f'st_{name}_ns'), before and getattr(before, f'st_{name}_ns'), end)
                for name in ('mtime', 'ctime')]

    def change(self, name, value, before, end):
        if not self.worker.began <= value <= end:
            return f'{name} {value // 10**9}.{value % 10**9:09d}'
        if before is None or value == before and value >= self.start:
            return f'{name} unsure'
        if value == before:
            return f'{name} same'
        return f'{name} now' if value >= self.start else f'{name} before this step'
