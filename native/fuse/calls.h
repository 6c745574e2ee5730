#pragma once
#include <napi.h>

#include <deque>
#include <memory>
#include <mutex>

#include "call.h"

namespace sherin::fuse {

/** Calls on their way from the session's threads to one JavaScript function. Does not keep the event loop alive. */
class Calls : public std::enable_shared_from_this<Calls> {
 public:
  /** JavaScript thread. */
  static std::shared_ptr<Calls> Create(const Napi::Function& handler);
  /** Any thread; dropped after Close. */
  void Post(Call call);
  /** JavaScript thread; happens by itself at the end of the environment. */
  void Close();

 private:
  void Drain(Napi::Env env, const Napi::Function& handler);
  static void CloseAtEnd(void* self);

  napi_env env_ = nullptr;
  Napi::ThreadSafeFunction wake_;
  std::mutex mutex_;
  bool closed_ = false;
  std::deque<Call> waiting_;
};

}  // namespace sherin::fuse
