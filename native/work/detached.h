#pragma once
#include <functional>
#include <thread>

namespace sherin {

/**
 * Runs one job on a thread that nobody waits for, not even the end of the environment: for calls that may wait for this very
 * process. Its job must own all that it uses.
 */
struct DetachedThread {
  void Submit(std::function<void()> job) { std::thread(std::move(job)).detach(); }
};

}  // namespace sherin
