#include "wakefulness.h"

#include <sched.h>

#include <chrono>

namespace sherin::fuse {
namespace {

/** A look at the queue of the processor takes a microsecond. */
constexpr int64_t kLong = 100'000;
constexpr int64_t kWhile = 20'000'000;

int64_t Now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

}  // namespace

std::atomic<int64_t> Wakefulness::until_{0};

bool Wakefulness::Allowed() { return Now() >= until_; }

bool Wakefulness::Yield() {
  const int64_t before = Now();
  sched_yield();
  const int64_t after = Now();
  if (after - before < kLong) return true;
  until_ = after + kWhile;
  return false;
}

}  // namespace sherin::fuse
