#include "deadline.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>

#include "../failure.h"

namespace sherin::tpm {

Deadline::Deadline() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) throw Failure::Errno(errno, "eventfd");
}

Deadline::~Deadline() { close(wake_); }

void Deadline::Shorten(Patience patience) {
  patience_ = patience;
  const uint64_t one = 1;
  // A full counter already wakes the waiter.
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

const char* Deadline::Await(int fd, short events) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point start = Clock::now();
  for (;;) {
    const auto left = std::chrono::ceil<Patience>(start + patience_.load() - Clock::now()).count();
    if (left <= 0) return "ETIMEDOUT";
    pollfd fds[2] = {{fd, events, 0}, {wake_, POLLIN, 0}};
    const int ready = poll(fds, 2, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) return "EIO";
    if (ready > 0 && fds[0].revents != 0) return nullptr;
    if (ready > 0) {
      uint64_t ignored;
      [[maybe_unused]] const ssize_t drained = read(wake_, &ignored, sizeof ignored);
    }
  }
}

}  // namespace sherin::tpm
