#include "secret_line.h"

#include <errno.h>
#include <termios.h>
#include <unistd.h>

#include "../failure.h"

namespace sherin {
namespace {

/**
 * Terminal without echo, line editing and signal keys: were Ctrl-C to send a signal, Node would end the process and leave
 * the terminal mute.
 */
class MuteTerminal {
 public:
  explicit MuteTerminal(int fd) : fd_(fd) {
    if (tcgetattr(fd, &before_) != 0) throw Failure::Errno(errno, "tcgetattr");
    termios mute = before_;
    mute.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG);
    mute.c_cc[VMIN] = 1;
    mute.c_cc[VTIME] = 0;
    if (tcsetattr(fd, TCSAFLUSH, &mute) != 0) throw Failure::Errno(errno, "tcsetattr");
  }
  MuteTerminal(const MuteTerminal&) = delete;
  MuteTerminal& operator=(const MuteTerminal&) = delete;
  ~MuteTerminal() { tcsetattr(fd_, TCSAFLUSH, &before_); }

 private:
  const int fd_;
  termios before_{};
};

enum Control : uint8_t { kInterrupt = 3, kEnd = 4, kBackspace = 8, kKill = 21, kDelete = 127 };

}  // namespace

LockedBytes ReadSecretLine(int fd, size_t limit) {
  LockedBytes line(limit + 1);
  LockedBytes key(1);
  size_t size = 0;
  bool ended = false;
  {
    const MuteTerminal mute(fd);
    while (!ended) {
      const ssize_t got = read(fd, key.data(), 1);
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw Failure::Errno(errno, "read");
      const uint8_t byte = key.data()[0];
      if (got == 0 || byte == '\n' || byte == '\r' || byte == kEnd) {
        ended = true;
      } else if (byte == kInterrupt) {
        throw Failure("EINTR", "interrupted");
      } else if (byte == kBackspace || byte == kDelete) {
        // one character: continuation bytes of UTF-8 go with their first
        while (size > 0 && (line.data()[--size] & 0xc0) == 0x80) continue;
      } else if (byte == kKill) {
        size = 0;
      } else if (size == limit) {
        throw Failure("E2BIG", "the line is longer than " + std::to_string(limit) + " bytes");
      } else {
        line.data()[size++] = byte;
      }
    }
  }
  line.truncate(size);
  return line;
}

}  // namespace sherin
