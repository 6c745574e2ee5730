#include "worker.h"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <thread>
#include <vector>

#include "../error.h"

namespace sherin::tpm {
namespace {

using namespace std::chrono_literals;

/** What a TPM that hangs may cost whoever closes it, or ends. */
constexpr auto kCloseGrace = 5s;
constexpr auto kExitGrace = 2s;
constexpr auto kBreakGrace = 500ms;

/**
 * process.exit() runs no clean-up hook of the environment; the C library's exit handlers it does run. Never freed:
 * threads may outlive static objects.
 */
class Living {
 public:
  static Living& Instance() {
    static Living* living = new Living;  // NOLINT: for the life of the process
    return *living;
  }
  void Add(const std::shared_ptr<Worker>& worker) {
    const std::lock_guard lock(mutex_);
    workers_.erase(std::remove_if(workers_.begin(), workers_.end(), [](const auto& w) { return w.expired(); }),
                   workers_.end());
    workers_.push_back(worker);
  }

 private:
  Living() {
    std::atexit([] { Instance().OrphanAll(); });
  }
  void OrphanAll() {
    std::vector<std::weak_ptr<Worker>> workers;
    {
      const std::lock_guard lock(mutex_);
      workers.swap(workers_);
    }
    for (const auto& entry : workers) {
      if (const auto worker = entry.lock()) worker->Orphan();
    }
  }
  std::mutex mutex_;
  std::vector<std::weak_ptr<Worker>> workers_;
};

/** Starts a detached thread that handles no signal: those are the JavaScript thread's. */
void StartThread(std::function<void()> body) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  thread.detach();
}

}  // namespace

// --- JavaScript thread ---------------------------------------------------------------------------------------------

std::shared_ptr<Worker> Worker::Start(Napi::Env env, const std::string& tcti) {
  auto worker = std::make_shared<Worker>(tcti);
  worker->channel_ = Channel::New(env, "sherin.tpm", 0, 1);
  worker->channel_.Unref(env);
  napi_add_env_cleanup_hook(env, reinterpret_cast<void (*)(void*)>(EnvironmentEnds), worker.get());
  StartThread([worker] { worker->Loop(); });
  Living::Instance().Add(worker);
  return worker;
}

Napi::Promise Worker::Connect(Napi::Env env, Result made) {
  auto job = std::make_unique<Job>();
  job->kind = Kind::Connect;
  job->result = std::move(made);
  job->deferred = Napi::Promise::Deferred::New(env);
  const Napi::Promise promise = job->deferred->Promise();
  Post(env, std::move(job));
  return promise;
}

Napi::Promise Worker::Run(Napi::Env env, Napi::Object keep, Operation operation) {
  auto deferred = Napi::Promise::Deferred::New(env);
  if (closing_) {
    deferred.Reject(NativeError(env, "ECLOSED", "this connection to the TPM was closed").Value());
    return deferred.Promise();
  }
  auto job = std::make_unique<Job>();
  job->kind = Kind::Operate;
  job->operation = std::move(operation);
  job->deferred = deferred;
  job->keep = Napi::Persistent(keep);
  Post(env, std::move(job));
  return deferred.Promise();
}

Napi::Promise Worker::Close(Napi::Env env) {
  auto deferred = Napi::Promise::Deferred::New(env);
  if (closing_) {
    deferred.Resolve(env.Undefined());
    return deferred.Promise();
  }
  closing_ = true;
  auto job = std::make_unique<Job>();
  job->kind = Kind::Close;
  job->deferred = deferred;
  Post(env, std::move(job));
  const std::lock_guard lock(mutex_);
  if (client_ != nullptr) client_->link().Hurry(kCloseGrace);
  return deferred.Promise();
}

void Worker::Abandon(Napi::Env env) {
  if (closing_) return;
  closing_ = true;
  auto job = std::make_unique<Job>();
  job->kind = Kind::Close;
  Post(env, std::move(job));
}

void Worker::Post(Napi::Env env, std::unique_ptr<Job> job) {
  job->worker = shared_from_this();
  if (pending_++ == 0) channel_.Ref(env);
  const std::lock_guard lock(mutex_);
  queue_.push_back(std::move(job));
  changed_.notify_all();
}

void Worker::Receive(Napi::Env env, Napi::Function, std::nullptr_t*, Job* finished) {
  const std::unique_ptr<Job> job(finished);
  if (env == nullptr) {
    job->keep.SuppressDestruct();  // the environment frees its references itself
    return;
  }
  const std::shared_ptr<Worker> worker = job->worker;
  const Napi::HandleScope scope(env);
  if (--worker->pending_ == 0) worker->channel_.Unref(env);
  if (job->kind == Kind::Close) worker->Finish(env);
  if (job->kind == Kind::Connect && job->failure) worker->Abandon(env);
  try {
    if (job->deferred) Settle(env, *job);
  } catch (const Napi::Error&) {
    // JavaScript can not run any more: the environment is ending.
  }
}

void Worker::Settle(Napi::Env env, const Job& job) {
  if (job.failure) return job.deferred->Reject(NativeError(env, *job.failure).Value());
  try {
    job.deferred->Resolve(job.result ? job.result(env) : env.Undefined());
  } catch (const Napi::Error& error) {
    job.deferred->Reject(error.Value());
  }
}

void Worker::Finish(Napi::Env env) {
  napi_remove_env_cleanup_hook(env, reinterpret_cast<void (*)(void*)>(EnvironmentEnds), this);
  channel_.Release();
}

void Worker::EnvironmentEnds(Worker* raw) {
  const std::shared_ptr<Worker> worker = raw->shared_from_this();
  worker->closing_ = true;
  std::deque<std::unique_ptr<Job>> dropped;  // their references go while the environment still stands
  {
    const std::lock_guard lock(worker->mutex_);
    dropped.swap(worker->queue_);
  }
  worker->Orphan();
}

void Worker::Orphan() {
  std::unique_lock lock(mutex_);
  orphaned_ = true;
  changed_.notify_all();
  const auto gone = [this] { return gone_; };
  if (changed_.wait_for(lock, kExitGrace, gone)) return;
  if (client_ != nullptr) client_->link().Hurry(0ms);
  changed_.wait_for(lock, kBreakGrace, gone);
}

// --- the worker's thread -------------------------------------------------------------------------------------------

void Worker::Loop() {
  for (;;) {
    std::unique_ptr<Job> job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return orphaned_ || !queue_.empty(); });
      if (orphaned_) break;
      job = std::move(queue_.front());
      queue_.pop_front();
    }
    Perform(*job);
    const bool last = job->kind == Kind::Close;
    Deliver(std::move(job));
    if (last) return;
  }
  Leave();
}

void Worker::Perform(Job& job) {
  try {
    switch (job.kind) {
      case Kind::Connect: {
        auto client = std::make_unique<Client>(tcti_);
        const std::lock_guard lock(mutex_);
        client_ = std::move(client);
        break;
      }
      case Kind::Operate:
        job.result = job.operation(*client_);
        break;
      case Kind::Close:
        Leave();
        break;
    }
  } catch (const Failure& failure) {
    job.failure = failure;
  } catch (const std::exception& error) {
    job.failure = Failure("EIO", error.what());
  }
  job.operation = nullptr;  // lets go of secrets before anyone hears of the outcome
}

void Worker::Leave() {
  if (client_ != nullptr) client_->Leave();
  const std::lock_guard lock(mutex_);
  client_.reset();
  gone_ = true;
  changed_.notify_all();
}

void Worker::Deliver(std::unique_ptr<Job> job) {
  const std::lock_guard lock(mutex_);
  if (orphaned_ || channel_.BlockingCall(job.get()) != napi_ok) {
    job->keep.SuppressDestruct();
    return;
  }
  job.release();  // NOLINT: Settle owns it now
}

}  // namespace sherin::tpm
