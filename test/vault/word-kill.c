/* Preloaded into sherin-fs: kills it where it says or hears a word of the handover.
 *
 * SHERIN_KILL_AT  a file with "before WORD", "after WORD" (of who says it) or "heard WORD"; nothing happens where it is missing or empty. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

static void die_at(const char* when, const struct msghdr* message, size_t size) {
  const char* file = getenv("SHERIN_KILL_AT");
  if (file == NULL || message->msg_iovlen == 0) return;
  char wanted[64] = "";
  const int fd = (int)syscall(SYS_openat, AT_FDCWD, file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t length = read(fd, wanted, sizeof wanted - 1);
  close(fd);
  if (length <= 0) return;
  char word[32], said[64];
  const size_t prefix = strlen(when);
  if (strncmp(wanted, when, prefix) != 0 || sscanf(wanted + prefix, " %31s", word) != 1) return;
  snprintf(said, sizeof said, "\"say\":\"%s\"", word);
  if (memmem(message->msg_iov[0].iov_base, size, said, strlen(said)) == NULL) return;
  unlink(file);
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

ssize_t sendmsg(int fd, const struct msghdr* message, int flags) {
  static ssize_t (*real)(int, const struct msghdr*, int);
  if (real == NULL) real = (ssize_t (*)(int, const struct msghdr*, int))dlsym(RTLD_NEXT, "sendmsg");
  const size_t size = message->msg_iovlen == 0 ? 0 : message->msg_iov[0].iov_len;
  die_at("before", message, size);
  const ssize_t sent = real(fd, message, flags);
  if (sent >= 0) die_at("after", message, size);
  return sent;
}

ssize_t recvmsg(int fd, struct msghdr* message, int flags) {
  static ssize_t (*real)(int, struct msghdr*, int);
  if (real == NULL) real = (ssize_t (*)(int, struct msghdr*, int))dlsym(RTLD_NEXT, "recvmsg");
  const ssize_t got = real(fd, message, flags);
  if (got > 0) die_at("heard", message, (size_t)got);
  return got;
}
