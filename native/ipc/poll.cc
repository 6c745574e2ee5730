#include "poll.h"

#include "failure.h"

namespace sherin::ipc {
namespace {

/** Runs what an event leads to. It throws only when JavaScript can not run any more: the environment is ending. */
template <typename Body>
void Quietly(Body&& body) noexcept {
  try {
    body();
  } catch (const Napi::Error&) {
  }
}

}  // namespace

Poll* Poll::New(Napi::Env env, Fd fd, Ready ready, Closed closed) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) throw Napi::Error::New(env, "no event loop");
  auto* poll = new Poll(env, std::move(fd), std::move(ready), std::move(closed));  // NOLINT: frees itself in OnClose
  const int error = uv_poll_init(loop, &poll->handle_, poll->fd());
  if (error != 0) {
    delete poll;
    throw SystemError(env, -error, "uv_poll_init");
  }
  poll->handle_.data = poll;
  napi_add_async_cleanup_hook(env, OnEnvironmentEnd, poll, &poll->hook_);
  return poll;
}

Poll::Poll(Napi::Env env, Fd fd, Ready ready, Closed closed)
    : env_(env), fd_(std::move(fd)), ready_(std::move(ready)), closed_(std::move(closed)) {}

void Poll::Watch(int events) {
  if (closing_ || events == watched_) return;
  watched_ = events;
  // Urgent data does not exist on Unix sockets: waiting for it keeps the loop alive and reports only the end.
  uv_poll_start(&handle_, events == 0 ? UV_PRIORITIZED : events, OnEvent);
}

void Poll::OnEvent(uv_poll_t* handle, int status, int events) {
  auto* self = static_cast<Poll*>(handle->data);
  if (self->watched_ == 0) {
    // The peer has gone while nobody reads. What it sent is still there; look again when somebody does.
    uv_poll_stop(&self->handle_);
    self->watched_ = -1;
    return;
  }
  if (status < 0) {
    // libuv has stopped watching. The next system call on the descriptor will meet the error.
    self->watched_ = -1;
    events = UV_READABLE | UV_WRITABLE;
  }
  const Ready ready = self->ready_;  // outlives this object if the callee closes it
  Quietly([&] { ready(events); });
}

void Poll::Close() {
  if (closing_) return;
  Shut();
}

void Poll::Shut() {
  closing_ = true;
  uv_poll_stop(&handle_);
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_), OnClose);
  fd_.Reset();
}

void Poll::OnClose(uv_handle_t* handle) {
  auto* self = static_cast<Poll*>(handle->data);
  if (!self->ending_) Quietly(self->closed_);
  napi_remove_async_cleanup_hook(self->hook_);
  delete self;
}

void Poll::OnEnvironmentEnd(napi_async_cleanup_hook_handle, void* data) {
  auto* self = static_cast<Poll*>(data);
  self->ending_ = true;
  if (!self->closing_) self->Shut();
}

}  // namespace sherin::ipc
