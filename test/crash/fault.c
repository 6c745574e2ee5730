/* Preloaded into a process: counts the system calls that change files below one directory, and has one of them go wrong.
 *
 * SHERIN_FAULT_ROOT  the directory
 * SHERIN_FAULT_LOG   a file that gets "number name path" of the calls; of all of them, or of the one that goes wrong
 * SHERIN_FAULT       "count"; "kill:N" before call N; "torn:N" after half of the bytes that call N writes;
 *                    "EIO:N" for call N; "ENOSPC:N" for every call from N on that takes space
 *                    "kill:N:pwrite vault/journal/*" and so on: N counts calls of that name alone, at paths that the pattern matches
 *
 * unlink("/sherin-fault-lifted") ends a fault that fails calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

enum { none, count, kill_before, torn, eio, enospc };
enum { other, takes_space, writes };

static int kind;
static long wanted;
/* "name pattern" of the calls that are counted; NULL: all are. */
static const char* only;
static const char* root;
static size_t root_length;
static int log_fd = -1;
static atomic_long calls;
static atomic_int lifted;

#define REAL(name)                                                          \
  ({                                                                        \
    static __typeof__(&name) real;                                          \
    if (real == NULL) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name);    \
    real;                                                                   \
  })

__attribute__((constructor)) static void begin(void) {
  const char* what = getenv("SHERIN_FAULT");
  root = getenv("SHERIN_FAULT_ROOT");
  if (what == NULL || root == NULL) return;
  root_length = strlen(root);
  const char* log = getenv("SHERIN_FAULT_LOG");
  if (log != NULL) log_fd = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const char* number = strchr(what, ':');
  wanted = number == NULL ? 0 : atol(number + 1);
  only = number == NULL ? NULL : strchr(number + 1, ':');
  if (only != NULL) only++;
  if (strncmp(what, "count", 5) == 0) kind = count;
  if (strncmp(what, "kill", 4) == 0) kind = kill_before;
  if (strncmp(what, "torn", 4) == 0) kind = torn;
  if (strncmp(what, "EIO", 3) == 0) kind = eio;
  if (strncmp(what, "ENOSPC", 6) == 0) kind = enospc;
  /* Of this process alone. */
  unsetenv("LD_PRELOAD");
}

static void path_of(int fd, const char* name, char* path) {
  char link[64];
  ssize_t length = 0;
  path[0] = 0;
  if (name != NULL && name[0] == '/') {
    snprintf(path, PATH_MAX, "%s", name);
    return;
  }
  if (fd == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
  else snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  length = readlink(link, path, PATH_MAX - 1);
  path[length > 0 ? length : 0] = 0;
  if (name != NULL && length > 0) snprintf(path + length, PATH_MAX - (size_t)length, "/%s", name);
}

static void note(long number, const char* name, const char* path) {
  if (log_fd < 0) return;
  char line[PATH_MAX + 64];
  const int length = snprintf(line, sizeof line, "%ld %s %s\n", number, name, path + root_length);
  syscall(SYS_write, log_fd, line, (size_t)length);
}

static int is_counted(const char* name, const char* path) {
  if (only == NULL) return 1;
  const size_t length = strlen(name);
  if (strncmp(only, name, length) != 0 || only[length] != ' ') return 0;
  return fnmatch(only + length + 1, path + root_length, 0) == 0;
}

static void die(void) {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/* The error that a call is to fail with, 0 for none; -1: half of its bytes are to be written. */
static int fault(const char* name, int fd, const char* file, int nature) {
  if (kind == none) return 0;
  char path[PATH_MAX];
  const int kept = errno;
  path_of(fd, file, path);
  /* A path through a descriptor of /proc leads to what the descriptor is. */
  if (strncmp(path, "/proc/self/fd/", 14) == 0) {
    char* rest = NULL;
    const int through = (int)strtol(path + 14, &rest, 10);
    char tail[PATH_MAX];
    snprintf(tail, sizeof tail, "%s", *rest == '/' ? rest + 1 : "");
    path_of(through, tail[0] == 0 ? NULL : tail, path);
  }
  errno = kept;
  if (strncmp(path, root, root_length) != 0) return 0;
  const int counted = is_counted(name, path);
  const long number = counted ? atomic_fetch_add(&calls, 1) + 1 : atomic_load(&calls);
  if (kind == count) note(number, name, path);
  if (number < wanted || kind == count || atomic_load(&lifted)) return 0;
  if (kind == enospc) {
    if (nature == other) return 0;
    note(number, name, path);
    return ENOSPC;
  }
  if (!counted || number != wanted) return 0;
  note(number, name, path);
  if (kind == eio) return EIO;
  if (kind == torn && nature == writes) return -1;
  die();
  return 0;
}

#define FAIL(name, fd, file, nature)                   \
  const int error = fault(name, fd, file, nature);     \
  if (error > 0) {                                     \
    errno = error;                                     \
    return -1;                                         \
  }

ssize_t write(int fd, const void* data, size_t size) {
  FAIL("write", fd, NULL, writes)
  if (error == 0) return REAL(write)(fd, data, size);
  syscall(SYS_write, fd, data, size / 2);
  die();
  return -1;
}

ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  FAIL("pwrite", fd, NULL, writes)
  if (error == 0) return REAL(pwrite64)(fd, data, size, at);
  syscall(SYS_pwrite64, fd, data, size / 2, at);
  die();
  return -1;
}

ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  return pwrite64(fd, data, size, at);
}

ssize_t writev(int fd, const struct iovec* parts, int number) {
  FAIL("writev", fd, NULL, takes_space)
  return REAL(writev)(fd, parts, number);
}

ssize_t pwritev64(int fd, const struct iovec* parts, int number, off64_t at) {
  FAIL("pwritev", fd, NULL, takes_space)
  return REAL(pwritev64)(fd, parts, number, at);
}

int fsync(int fd) {
  FAIL("fsync", fd, NULL, other)
  return REAL(fsync)(fd);
}

int fdatasync(int fd) {
  FAIL("fdatasync", fd, NULL, other)
  return REAL(fdatasync)(fd);
}

int syncfs(int fd) {
  FAIL("syncfs", fd, NULL, other)
  return REAL(syncfs)(fd);
}

int ftruncate64(int fd, off64_t length) {
  FAIL("ftruncate", fd, NULL, other)
  return REAL(ftruncate64)(fd, length);
}

int ftruncate(int fd, off_t length) {
  return ftruncate64(fd, length);
}

int fallocate64(int fd, int mode, off64_t at, off64_t length) {
  FAIL("fallocate", fd, NULL, takes_space)
  return REAL(fallocate64)(fd, mode, at, length);
}

int rename(const char* from, const char* to) {
  FAIL("rename", AT_FDCWD, to, other)
  return REAL(rename)(from, to);
}

int renameat(int from_fd, const char* from, int to_fd, const char* to) {
  FAIL("renameat", to_fd, to, other)
  return REAL(renameat)(from_fd, from, to_fd, to);
}

int renameat2(int from_fd, const char* from, int to_fd, const char* to, unsigned flags) {
  FAIL("renameat2", to_fd, to, other)
  return REAL(renameat2)(from_fd, from, to_fd, to, flags);
}

int unlink(const char* path) {
  if (strcmp(path, "/sherin-fault-lifted") == 0) atomic_store(&lifted, 1);
  FAIL("unlink", AT_FDCWD, path, other)
  return REAL(unlink)(path);
}

int unlinkat(int fd, const char* path, int flags) {
  FAIL("unlinkat", fd, path, other)
  return REAL(unlinkat)(fd, path, flags);
}

int linkat(int from_fd, const char* from, int to_fd, const char* to, int flags) {
  FAIL("linkat", to_fd, to, takes_space)
  return REAL(linkat)(from_fd, from, to_fd, to, flags);
}

int mkdir(const char* path, mode_t mode) {
  FAIL("mkdir", AT_FDCWD, path, takes_space)
  return REAL(mkdir)(path, mode);
}

int mkdirat(int fd, const char* path, mode_t mode) {
  FAIL("mkdirat", fd, path, takes_space)
  return REAL(mkdirat)(fd, path, mode);
}

int open64(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (mode_t)va_arg(list, int);
  va_end(list);
  if ((flags & O_CREAT) != 0) {
    FAIL("open", AT_FDCWD, path, takes_space)
  }
  return REAL(open64)(path, flags, mode);
}

int open(const char* path, int flags, ...) {
  va_list list;
  va_start(list, flags);
  const mode_t mode = (mode_t)va_arg(list, int);
  va_end(list);
  return open64(path, flags, mode);
}

/* openat2(2) has no function of its own. */
long syscall(long number, ...) {
  long a[6];
  va_list list;
  va_start(list, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_openat2 && kind != none) {
    const unsigned long long flags = *(const unsigned long long*)a[2];
    if ((flags & O_CREAT) != 0) {
      FAIL("openat2", (int)a[0], (const char*)a[1], takes_space)
    }
  }
  return REAL(syscall)(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
