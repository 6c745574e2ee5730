#pragma once
#include <napi.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "client.h"

namespace sherin::tpm {

/**
 * The thread that owns one Client. Operations run on it one after another and settle their promises on the JavaScript
 * thread. Pending operations keep the event loop alive, an idle worker does not. The thread is never joined: at the
 * end of the environment or process it gets a moment to leave the TPM in order, so a TPM that hangs holds nobody.
 */
class Worker : public std::enable_shared_from_this<Worker> {
 public:
  /** Makes the JavaScript value of a result; runs on the JavaScript thread. */
  using Result = std::function<Napi::Value(Napi::Env)>;
  /** Runs on the worker's thread; throws Failure. */
  using Operation = std::function<Result(Client&)>;

  /** Starts the thread. JavaScript thread, like all that follow. */
  static std::shared_ptr<Worker> Start(Napi::Env env, const std::string& tcti);
  explicit Worker(std::string tcti) : tcti_(std::move(tcti)) {}

  /** Connects; the worker ends by itself when that fails. */
  Napi::Promise Connect(Napi::Env env, Result made);
  /** Queues an operation; `keep` stays alive until the promise has settled. */
  Napi::Promise Run(Napi::Env env, Napi::Object keep, Operation operation);
  /** Leaves the TPM after what is queued; it may hang for a few seconds no more. Harmless twice. */
  Napi::Promise Close(Napi::Env env);
  /** The same, when nobody is left to wait for it. */
  void Abandon(Napi::Env env);
  /** At the end of the process, from whichever thread ends it. */
  void Orphan();

 private:
  enum class Kind { Connect, Operate, Close };
  struct Job {
    Kind kind;
    Operation operation;
    Result result;
    std::optional<Failure> failure;
    std::optional<Napi::Promise::Deferred> deferred;
    Napi::ObjectReference keep;
    std::shared_ptr<Worker> worker;
  };
  static void Receive(Napi::Env env, Napi::Function, std::nullptr_t*, Job* finished);
  static void Settle(Napi::Env env, const Job& job);
  using Channel = Napi::TypedThreadSafeFunction<std::nullptr_t, Job, Receive>;

  void Post(Napi::Env env, std::unique_ptr<Job> job);
  void Finish(Napi::Env env);
  static void EnvironmentEnds(Worker* worker);

  void Loop();
  void Perform(Job& job);
  void Leave();
  /** Hands a finished job to Receive on the JavaScript thread, or to nobody when that is gone. */
  void Deliver(std::unique_ptr<Job> job);

  const std::string tcti_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::unique_ptr<Job>> queue_;
  std::unique_ptr<Client> client_;  // used by the worker's thread; set and reset under the mutex
  bool orphaned_ = false;           // the JavaScript thread is gone
  bool gone_ = false;               // the worker's thread has left the TPM

  Channel channel_;  // JavaScript thread; Deliver, under the mutex, while not orphaned
  size_t pending_ = 0;
  bool closing_ = false;
};

}  // namespace sherin::tpm
