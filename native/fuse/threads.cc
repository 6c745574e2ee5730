#include "threads.h"

#include <pthread.h>
#include <signal.h>

namespace sherin::fuse {
namespace {

constexpr size_t kFree = 2;
/** Calls of Grow, one every kTick of session.cc, for which threads must be short. */
constexpr size_t kCrowdedTurns = 3;
/** Interrupts a read of /dev/fuse (EINTR) and does nothing else. */
constexpr int kWake = SIGURG;

void Nothing(int) {}

}  // namespace

Threads::Threads(std::function<void()> serve, std::function<void()> ended)
    : serve_(std::move(serve)), ended_(std::move(ended)) {}

Threads::~Threads() { Join(); }

void Threads::Start(size_t count) {
  struct sigaction wake {};
  wake.sa_handler = Nothing;  // without SA_RESTART
  sigaction(kWake, &wake, nullptr);
  const std::lock_guard<std::mutex> lock(mutex_);
  while (running_ < count && StartOne()) {
  }
}

bool Threads::StartOne() {
  // Signals belong to Node's main thread: a thread inherits the mask that stands while it is made.
  sigset_t most, before;
  sigfillset(&most);
  sigdelset(&most, kWake);
  pthread_sigmask(SIG_SETMASK, &most, &before);
  try {
    threads_.emplace_back([this] {
      serve_();
      std::unique_lock<std::mutex> lock(mutex_);
      if (--running_ > 0) return;
      left_.notify_all();
      lock.unlock();
      ended_();
    });
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (threads_.empty()) throw;
    return false;  // those that are there go on
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(threads_.back().native_handle(), "sherin-mount");
  ++running_;
  return true;
}

void Threads::Grow() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (running_ == 0 || running_ >= kMost || busy_ + kFree < running_) {
    crowded_ = 0;
    return;
  }
  if (++crowded_ < kCrowdedTurns) return;
  StartOne();
}

void Threads::Join() {
  while (!JoinWithin(std::chrono::hours(1))) {
  }
}

bool Threads::JoinWithin(std::chrono::milliseconds time) {
  const auto end = std::chrono::steady_clock::now() + time;
  std::unique_lock<std::mutex> lock(mutex_);
  while (running_ > 0) {
    if (std::chrono::steady_clock::now() >= end) return false;
    for (std::thread& thread : threads_) pthread_kill(thread.native_handle(), kWake);
    left_.wait_for(lock, std::chrono::milliseconds(10), [this] { return running_ == 0; });
  }
  std::vector<std::thread> ended;
  ended.swap(threads_);
  lock.unlock();
  for (std::thread& thread : ended) thread.join();
  return true;
}

}  // namespace sherin::fuse
