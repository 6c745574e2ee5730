#pragma once
#include <napi.h>
#include <uv.h>

namespace sherin::fuse {

/**
 * Keeps the event loop from sleeping for a moment after a request was handed over: what a program asks next comes soon, and to wake
 * the thread takes longer than most answers do. JavaScript thread.
 */
class Attentive {
 public:
  explicit Attentive(napi_env env);
  ~Attentive();
  Attentive(const Attentive&) = delete;
  Attentive& operator=(const Attentive&) = delete;

  /** From now on, for a moment. */
  void Stay();

 private:
  struct Handle;
  /** Null where the loop can't be had. Freed by the loop. */
  Handle* handle_ = nullptr;
};

}  // namespace sherin::fuse
