#include "workers.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>

#include "process_end.h"

namespace sherin {

Workers::Workers(size_t threads) : limit_(std::max<size_t>(threads, 1)) {
  ProcessEnd::Instance().Add(this, [this](std::chrono::milliseconds time) { return StopWithin(time); });
}

Workers::~Workers() {
  ProcessEnd::Instance().Remove(this);
  Stop();
}

void Workers::Submit(Job job) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_) return;
  urgent_.push_back(std::move(job));
  StartThreadFor(urgent_);
  wake_.notify_one();
}

bool Workers::SubmitIdle(Job job, size_t bound) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (stopped_ || idle_.size() >= bound) return false;
  idle_.push_back(std::move(job));
  try {
    StartThreadFor(idle_);
  } catch (const std::exception&) {
    return false;  // no thread could be made: nobody waits for it
  }
  wake_.notify_one();
  return true;
}

size_t Workers::Idle() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const size_t free = waiting_ + limit_ - running_.size();
  const size_t queued = urgent_.size();
  return free > queued ? free - queued : 0;
}

void Workers::StartThreadFor(std::deque<Job>& queue) {
  try {
    StartThread();
  } catch (...) {
    queue.pop_back();  // whoever is told that it failed must not see it run later
    throw;
  }
}

void Workers::StartThread() {
  if (running_.size() >= limit_ || waiting_ >= urgent_.size() + idle_.size()) return;
  // Signals belong to Node's main thread: a worker inherits the mask that stands while it is made.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  try {
    running_.emplace_back([this] { Run(); });
    ++alive_;
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    if (running_.empty()) throw;  // with one thread the work goes on, slower
    return;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  pthread_setname_np(running_.back().native_handle(), "sherin");
}

void Workers::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  for (;;) {
    ++waiting_;
    wake_.wait(lock, [this] { return stopped_ || !urgent_.empty() || !idle_.empty(); });
    --waiting_;
    if (stopped_) break;
    const bool idle = urgent_.empty();
    std::deque<Job>& queue = idle ? idle_ : urgent_;
    Job job = std::move(queue.front());
    queue.pop_front();
    lock.unlock();
    try {
      job();
    } catch (const std::exception&) {
      if (!idle) throw;  // of an idle job nobody waits for the end: what it could not do is left undone
    }
    job = nullptr;
    lock.lock();
  }
  --alive_;
  ended_.notify_all();
}

void Workers::Stop() {
  DropQueued();
  std::vector<std::thread> ending;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ending.swap(running_);
  }
  for (std::thread& thread : ending) thread.join();
}

void Workers::DropQueued() {
  std::deque<Job> urgent, idle;  // destroyed without the lock: a job's end may be somebody's answer
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopped_ = true;
    urgent.swap(urgent_);
    idle.swap(idle_);
  }
  wake_.notify_all();
}

bool Workers::StopWithin(std::chrono::milliseconds time) {
  DropQueued();
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (!ended_.wait_for(lock, time, [this] { return alive_ == 0; })) return false;
  }
  Stop();
  return true;
}

}  // namespace sherin
