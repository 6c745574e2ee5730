#pragma once
#include <napi.h>

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>

#include "attentive.h"
#include "call.h"

namespace sherin::fuse {

/** Calls on their way from the session's threads to one JavaScript function. Does not keep the event loop alive. */
class Calls : public std::enable_shared_from_this<Calls> {
 public:
  /** JavaScript thread. */
  static std::shared_ptr<Calls> Create(const Napi::Function& handler);
  /** Any thread; dropped after Close. A patient call waits for one that is not, for many of its kind, or for Flush. */
  void Post(Call call);
  /** Any thread. */
  void Flush();
  /**
   * JavaScript thread: from now on the event loop stays awake for a moment after a call, and sees the next one without being woken.
   * `attend` hears when that begins and ends, and is let go at Close.
   */
  void Attend(std::function<void(bool)> attend);
  /** JavaScript thread: delivers what waits, before it returns. */
  void Deliver(Napi::Env env);
  /** JavaScript thread; happens by itself at the end of the environment. */
  void Close();

 private:
  /** The lock is held. */
  void Wake();
  bool Look();
  void Watch(bool watched);
  void Drain(Napi::Env env, const Napi::Function& handler);
  static void CloseAtEnd(void* self);

  napi_env env_ = nullptr;
  /** JavaScript thread only. */
  Napi::FunctionReference handler_;
  std::unique_ptr<Napi::AsyncContext> context_;
  Napi::ThreadSafeFunction wake_;
  std::unique_ptr<Attentive> attentive_;
  std::mutex mutex_;
  bool closed_ = false, woken_ = false, watched_ = false;
  /** Calls wait that are not patient. */
  std::atomic<bool> came_{false};
  std::deque<Call> waiting_;
};

}  // namespace sherin::fuse
