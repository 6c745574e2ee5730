#pragma once
#include <atomic>
#include <cstdint>

namespace sherin::fuse {

/**
 * Whether threads may stay awake for what comes next: not while others want the processors, who would take their turn at each look
 * and keep an answer waiting that a thread asleep is woken for at once. One for the process. Any thread.
 */
class Wakefulness {
 public:
  static bool Allowed();
  /** Lets others run. False when one did for long: nobody stays awake then, and for a while. */
  static bool Yield();

 private:
  /** Nanoseconds of the monotonic clock. */
  static std::atomic<int64_t> until_;
};

}  // namespace sherin::fuse
