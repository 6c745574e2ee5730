#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sherin::fuse {

/**
 * The threads that serve a session. Each runs `serve` until the connection ends; when all but two are busy for longer than a
 * moment, more are started, so that those that wait for a disk or a TPM do not stop the others.
 */
class Threads {
 public:
  static constexpr size_t kMost = 64;

  /** `serve` returns when the connection has ended; `ended` runs once, on the last thread to leave. */
  Threads(std::function<void()> serve, std::function<void()> ended);
  ~Threads();

  /** @throws std::system_error when not even one can be made */
  void Start(size_t count);
  /** Called every few milliseconds while there is work: starts a thread where too many are busy for too long. */
  void Grow();
  /** Interrupts threads that wait for the kernel, until all have left. */
  void Join();
  /** False when some have not left in time. */
  bool JoinWithin(std::chrono::milliseconds time);

  /** Marks its thread as busy. */
  class Busy {
   public:
    explicit Busy(Threads& threads) : threads_(threads) { ++threads_.busy_; }
    ~Busy() { --threads_.busy_; }

   private:
    Threads& threads_;
  };
  size_t busy() const { return busy_; }

 private:
  /** False where no more can be made. @throws std::system_error when there is none yet */
  bool StartOne();

  const std::function<void()> serve_;
  const std::function<void()> ended_;
  std::atomic<size_t> busy_{0};
  std::mutex mutex_;
  std::condition_variable left_;
  std::vector<std::thread> threads_;
  size_t running_ = 0;
  size_t crowded_ = 0;  // calls of Grow in a row that found too few free
};

}  // namespace sherin::fuse
