#pragma once
#include <napi.h>

#include <deque>
#include <optional>
#include <vector>

#include "poll.h"
#include "socket.h"

namespace sherin::ipc {

/** Connection of native/ipc.ts. Keeps itself and the event loop alive until it is closed. */
class Connection : public Napi::ObjectWrap<Connection> {
 public:
  static Napi::Function Define(Napi::Env env);
  /** Wraps a connected socket; it is read from once Begin was called. @throws Napi::Error */
  static Connection* New(Napi::Env env, Fd fd);

  /** Takes ConnectionHandlers and starts to read. @throws Napi::TypeError, and the connection is closed */
  void Begin(const Napi::Value& handlers);
  /** Drops what is queued; the handler `close` hears of it a turn later. Harmless twice. */
  void Shut(std::optional<SocketError> reason);

  explicit Connection(const Napi::CallbackInfo& info);

 private:
  struct Outgoing {
    std::vector<uint8_t> message;
    std::vector<Fd> fds;
    Napi::Promise::Deferred deferred;
  };

  Napi::Value Send(const Napi::CallbackInfo& info);
  void Pause(const Napi::CallbackInfo& info);
  void Resume(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);

  void OnReady(int events);
  void OnClosed();
  void Read();
  void Deliver(Received received, const uint8_t* buffer);
  void Flush();
  void FailQueue(int error);
  /** Watches for what is wanted now. */
  void Watch();

  Poll* poll_ = nullptr;  // null once closed
  Napi::ObjectReference handlers_;
  Napi::AsyncContext context_;
  std::deque<Outgoing> queue_;
  bool begun_ = false;
  bool paused_ = false;
  std::optional<SocketError> reset_;
  std::optional<SocketError> reason_;
};

}  // namespace sherin::ipc
