#pragma once
#include <napi.h>
#include <uv.h>

#include <functional>

#include "fd.h"

namespace sherin::ipc {

/**
 * Watches a descriptor in an environment's event loop and owns it. It frees itself: libuv needs its handle a while
 * after it was closed. Waiting for anything keeps the loop alive.
 */
class Poll {
 public:
  /** `ready` gets UV_READABLE and UV_WRITABLE bits; it may call any method. Set at creation, silent after Close. */
  using Ready = std::function<void(int events)>;
  /** Called once after Close, when the handle is gone; not called when the environment ends. */
  using Closed = std::function<void()>;

  /** @throws Napi::Error */
  static Poll* New(Napi::Env env, Fd fd, Ready ready, Closed closed);

  int fd() const { return fd_.get(); }
  /** UV_READABLE, UV_WRITABLE or both; 0 waits for the end of the connection only. */
  void Watch(int events);
  /** Closes the descriptor now and the handle soon; the pointer is dead afterwards. */
  void Close();

 private:
  Poll(Napi::Env env, Fd fd, Ready ready, Closed closed);
  ~Poll() = default;
  void Shut();
  static void OnEvent(uv_poll_t* handle, int status, int events);
  static void OnClose(uv_handle_t* handle);
  static void OnEnvironmentEnd(napi_async_cleanup_hook_handle hook, void* self);

  Napi::Env env_;
  Fd fd_;
  Ready ready_;
  Closed closed_;
  uv_poll_t handle_{};
  napi_async_cleanup_hook_handle hook_ = nullptr;
  int watched_ = -1;
  bool closing_ = false;
  bool ending_ = false;
};

}  // namespace sherin::ipc
