#pragma once
#include <napi.h>
#include <uv.h>

#include <functional>

namespace sherin::fuse {

/**
 * Keeps the event loop from sleeping for a moment after a request came, and has it look for the next one meanwhile: what a program
 * asks next comes soon, and to wake a thread takes longer than most answers do. JavaScript thread.
 */
class Attentive {
 public:
  /** What it does meanwhile. */
  struct Looks {
    /** Whether something was found, and more may come. */
    std::function<bool()> look;
    /** It begins, or ends. */
    std::function<void(bool)> attend;
  };

  Attentive(napi_env env, Looks looks);
  ~Attentive();
  Attentive(const Attentive&) = delete;
  Attentive& operator=(const Attentive&) = delete;

  /** From now on, for a moment. */
  void Stay();
  void Leave();

 private:
  struct Handle;
  /** Null where the loop can't be had. Freed by the loop. */
  Handle* handle_ = nullptr;
};

}  // namespace sherin::fuse
