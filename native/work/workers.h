#pragma once
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace sherin {

/**
 * A fixed number of threads with two queues. Sherin has its own instead of libuv's pool, so that a disk that hangs can
 * not starve Node's file system calls. Threads start with the first job.
 */
class Workers {
 public:
  using Job = std::function<void()>;

  explicit Workers(size_t threads);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;
  ~Workers();

  /** Any thread. After Stop the job is destroyed without running. @throws std::system_error when there is no thread, and none can be made */
  void Submit(Job job);
  /** Runs when nothing else waits; false (dropped) when `bound` jobs of this kind wait already, or no thread can be made. */
  bool SubmitIdle(Job job, size_t bound);
  /** Threads that wait for work now. */
  size_t Idle();
  /** Drops queued jobs, lets running ones end, joins. Harmless twice; not from a job. */
  void Stop();
  /** Drops queued jobs; false when a running one does not end in time. */
  bool StopWithin(std::chrono::milliseconds time);

 private:
  void StartThreadFor(std::deque<Job>& queue);
  void StartThread();
  void DropQueued();
  void Run();

  const size_t limit_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::deque<Job> urgent_;
  std::deque<Job> idle_;
  size_t waiting_ = 0;
  size_t alive_ = 0;
  bool stopped_ = false;
  std::vector<std::thread> running_;
};

}  // namespace sherin
