#pragma once
#include <napi.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sherin {

/**
 * Promises of one environment that worker threads settle. What belongs to JavaScript (the promise, buffers kept alive)
 * stays in a table of the JavaScript thread; workers carry a ticket only. A pending operation keeps the process alive.
 */
class Completions : public std::enable_shared_from_this<Completions> {
 public:
  using Ticket = uint64_t;
  /** Makes the promise's value on the JavaScript thread; a Failure or Napi::Error it throws rejects. */
  using Settle = std::function<Napi::Value(Napi::Env)>;
  struct Operation {
    Ticket ticket;
    Napi::Promise promise;
  };

  /** JavaScript thread. */
  static std::shared_ptr<Completions> Create(Napi::Env env);

  /** Opens an operation; `keep` lives until it is settled. JavaScript thread. */
  Operation Begin(Napi::Env env, std::vector<Napi::ObjectReference> keep = {});
  /** Settles once. Any thread; dropped after Close. */
  void Post(Ticket ticket, Settle settle);
  /** JavaScript thread, after the workers that write to kept buffers have ended. */
  void Close();

 private:
  struct Pending {
    Napi::Promise::Deferred deferred;
    std::vector<Napi::ObjectReference> keep;
  };
  void Drain(Napi::Env env);

  Napi::ThreadSafeFunction wake_;
  std::unordered_map<Ticket, Pending> pending_;  // JavaScript thread only
  Ticket next_ = 1;
  std::mutex mutex_;
  bool closed_ = false;
  std::vector<std::pair<Ticket, Settle>> done_;
};

}  // namespace sherin
