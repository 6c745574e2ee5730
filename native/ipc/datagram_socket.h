#pragma once
#include <napi.h>
#include <sys/un.h>

#include <string>

#include "poll.h"

namespace sherin::ipc {

/** DatagramSocket of native/ipc.ts. Keeps itself and the event loop alive until it is closed. */
class DatagramSocket : public Napi::ObjectWrap<DatagramSocket> {
 public:
  static Napi::Function Define(Napi::Env env);
  /** bindDatagrams(path, peerPath, limit, handlers) */
  static Napi::Value BindDatagrams(const Napi::CallbackInfo& info);

  explicit DatagramSocket(const Napi::CallbackInfo& info);

 private:
  Napi::Value Send(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void OnReadable();
  /** False when nothing is left to be taken. */
  bool TakeOne(uint8_t* buffer);

  Poll* poll_ = nullptr;  // null once closed
  Napi::ObjectReference handlers_;
  Napi::AsyncContext context_;
  std::string peer_path_;
  sockaddr_un peer_name_{};
  size_t limit_ = 0;
};

}  // namespace sherin::ipc
