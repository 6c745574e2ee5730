#include "secret_line.h"

#include <poll.h>
#include <signal.h>
#include <termios.h>

#include <array>
#include <cerrno>

#include "locked_mapping.h"
#include "memory_file.h"
#include "secret_file.h"
#include "socket.h"

namespace sherin::ipc {
namespace {

constexpr std::array<int, 4> kEnding = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};

/** The write end of a pipe that the signal handler tells; one line is read at a time. */
volatile sig_atomic_t signal_pipe = -1;

void OnSignal(int number) {
  const int before = errno;
  const auto byte = static_cast<char>(number);
  [[maybe_unused]] const ssize_t written = write(signal_pipe, &byte, 1);
  errno = before;
}

/** Catches the signals that end a process and raises the caught one again at its own end, after the terminal's. */
class Signals {
 public:
  Signals() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) throw SocketError{errno, "pipe2"};
    read_ = Fd(ends[0]);
    write_ = Fd(ends[1]);
    signal_pipe = write_.get();
    struct sigaction action {};
    action.sa_handler = OnSignal;
    sigfillset(&action.sa_mask);
    for (size_t i = 0; i < kEnding.size(); i++) sigaction(kEnding[i], &action, &before_[i]);
  }
  ~Signals() {
    for (size_t i = 0; i < kEnding.size(); i++) sigaction(kEnding[i], &before_[i], nullptr);
    signal_pipe = -1;
    char number;
    if (read(read_.get(), &number, 1) == 1) raise(number);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  int fd() const { return read_.get(); }

 private:
  Fd read_, write_;
  std::array<struct sigaction, kEnding.size()> before_{};
};

/** Echo, line editing and signal keys off for the life of this guard. */
class Quiet {
 public:
  explicit Quiet(int terminal) : terminal_(terminal) {
    if (tcgetattr(terminal, &before_) != 0) throw SocketError{errno, "tcgetattr"};
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO | ECHONL | ICANON | ISIG | IEXTEN);
    quiet.c_cc[VMIN] = 1;
    quiet.c_cc[VTIME] = 0;
    if (tcsetattr(terminal, TCSAFLUSH, &quiet) != 0) throw SocketError{errno, "tcsetattr"};
  }
  ~Quiet() { tcsetattr(terminal_, TCSAFLUSH, &before_); }
  Quiet(const Quiet&) = delete;
  Quiet& operator=(const Quiet&) = delete;
  const termios& before() const { return before_; }

 private:
  int terminal_;
  termios before_{};
};

/** The characters typed so far, in locked memory. @throws SocketError of mlock */
class Line {
 public:
  bool empty() const { return size_ == 0; }
  void Append(unsigned char byte) {
    if (size_ == kLineLimit) throw SocketError{EMSGSIZE, "read"};
    bytes_.data()[size_++] = byte;
  }
  /** Takes back one character, which in UTF-8 may be several bytes. */
  void Back() {
    while (size_ > 0 && (bytes_.data()[--size_] & 0xc0) == 0x80) {
    }
  }
  void Clear() { size_ = 0; }
  /** Takes what a descriptor gives up to its end. @throws SocketError EMSGSIZE when that is more than a line holds */
  void Fill(int fd) {
    for (;;) {
      unsigned char more;
      const bool full = size_ == kLineLimit;
      const ssize_t count = full ? read(fd, &more, 1) : read(fd, bytes_.data() + size_, kLineLimit - size_);
      if (count == 0) return;
      if (count > 0 && full) throw SocketError{EMSGSIZE, "read"};
      if (count > 0) size_ += static_cast<size_t>(count);
      pollfd ready = {fd, POLLIN, 0};
      if (count < 0 && errno == EAGAIN) poll(&ready, 1, -1);
      else if (count < 0 && errno != EINTR) throw SocketError{errno, "read"};
    }
  }
  Fd ToMemoryFile() const {
    Fd file = NewSecretFile(size_);
    if (write(file.get(), bytes_.data(), size_) != static_cast<ssize_t>(size_)) throw SocketError{errno, "write"};
    if (lseek(file.get(), 0, SEEK_SET) != 0) throw SocketError{errno, "lseek"};
    // What takes the secret tells by the seals that reading it waits for nobody.
    SealMemoryFile(file.get());
    return file;
  }

 private:
  LockedMapping bytes_{kLineLimit};
  size_t size_ = 0;
};

void Say(int terminal, const std::string& text) {
  [[maybe_unused]] const ssize_t written = write(terminal, text.data(), text.size());
}

/** One byte from the terminal, which may be in non-blocking mode. */
unsigned char NextByte(int terminal, int signals) {
  for (;;) {
    pollfd fds[2] = {{terminal, POLLIN, 0}, {signals, POLLIN, 0}};
    if (poll(fds, 2, -1) < 0 && errno != EINTR) throw SocketError{errno, "poll"};
    if (fds[1].revents != 0) throw SocketError{EINTR, "read"};
    if (fds[0].revents == 0) continue;
    unsigned char byte;
    const ssize_t count = read(terminal, &byte, 1);
    if (count == 1) return byte;
    if (count == 0) throw SocketError{ENODATA, "read"};
    if (errno == EIO) throw SocketError{ENODATA, "read"};
    if (errno != EAGAIN && errno != EINTR) throw SocketError{errno, "read"};
  }
}

/** Takes keys until the line is complete. */
void Type(int terminal, int signals, const termios& keys, Line& line) {
  for (;;) {
    const unsigned char byte = NextByte(terminal, signals);
    if (byte == '\r' || byte == '\n') return;
    if (byte == keys.c_cc[VINTR] || byte == keys.c_cc[VQUIT]) throw SocketError{EINTR, "read"};
    if (byte == keys.c_cc[VEOF]) {
      if (line.empty()) throw SocketError{ENODATA, "read"};
      return;
    }
    if (byte == keys.c_cc[VERASE] || byte == 0x7f || byte == 0x08) {
      line.Back();
    } else if (byte == keys.c_cc[VKILL]) {
      line.Clear();
    } else if (byte != keys.c_cc[VSUSP]) {
      line.Append(byte);
    }
  }
}

}  // namespace

Fd ReadSecretLine(int terminal, const std::string& prompt) {
  const Signals signals;  // ends last: a caught signal meets a restored terminal
  const Quiet quiet(terminal);
  Line line;
  Say(terminal, prompt);
  try {
    Type(terminal, signals.fd(), quiet.before(), line);
  } catch (const SocketError&) {
    Say(terminal, "\n");
    throw;
  }
  Say(terminal, "\n");
  return line.ToMemoryFile();
}

Fd CopySecret(int fd) {
  Line line;
  line.Fill(fd);
  return line.ToMemoryFile();
}

}  // namespace sherin::ipc
