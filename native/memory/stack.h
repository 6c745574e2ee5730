#pragma once

namespace sherin {

/**
 * Overwrites the stack below the caller. Hash and cipher code spills message schedules and round keys there; call this
 * after an operation on a key, when its frames are gone.
 */
void ScrubStack() noexcept;

/** Scrubs the stack when a scope ends, on every way out. */
class StackScrub {
 public:
  StackScrub() = default;
  StackScrub(const StackScrub&) = delete;
  StackScrub& operator=(const StackScrub&) = delete;
  ~StackScrub() { ScrubStack(); }
};

}  // namespace sherin
