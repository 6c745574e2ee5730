#pragma once
#include <sys/uio.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sherin::fuse {

/** Bytes of an answer in parts. */
size_t AnswerSize(const iovec* parts, int count);

/**
 * Threads that have received a request, handed it on, and stay awake for a moment to send its answer. They run where the one who
 * asked ran and waits: to wake it from there costs a fraction of what it costs from another processor, on a virtual machine above all.
 */
class Couriers {
 public:
  class Courier {
    friend class Couriers;
    std::atomic<bool> called_{false};
    uint64_t request_ = 0;
    std::vector<uint8_t> answer_;
    std::function<void()> job_;
  };
  /** Sends an answer. */
  using Send = std::function<void(const std::vector<uint8_t>& answer)>;

  /** Before the request is handed on. */
  void Expect(Courier& courier, uint64_t request);
  /** Waits until there is something to do, and does it, or until a moment has passed. On the courier's thread. */
  void Await(Courier& courier, const Send& send);

  /** Has an answer sent. False where nobody waits to send it, or it is large. Any thread. */
  bool Answer(uint64_t request, const iovec* parts, int count);
  /** Returns when no answer that was given is still to be sent: what is told to the kernel from then on comes behind it. */
  void Settle();
  /** Has a job done by who waits to answer a request. False where nobody does. Any thread. */
  bool Run(uint64_t request, std::function<void()>& job);

 private:
  Courier* Take(uint64_t request);

  std::mutex mutex_;
  std::unordered_map<uint64_t, Courier*> waiting_;
  std::condition_variable sent_;
  /** Answers that were given and are not sent. */
  size_t unsent_ = 0;
};

}  // namespace sherin::fuse
