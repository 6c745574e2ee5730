#include "deadline.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "../error.h"

namespace sherin::tpm {

Deadline::Deadline() : wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (wake_ < 0) throw Failure::Errno(errno, "eventfd");
}

Deadline::~Deadline() { close(wake_); }

void Deadline::Limit(std::chrono::milliseconds left) {
  limit_ = (Clock::now() + left).time_since_epoch().count();
  const uint64_t one = 1;
  // A full counter already wakes the waiter.
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

const char* Deadline::Await(int fd, short events) {
  const Clock::time_point patience = Clock::now() + kPatience;
  for (;;) {
    const Clock::time_point limit = std::min(patience, Clock::time_point(Clock::duration(limit_.load())));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - Clock::now()).count();
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
