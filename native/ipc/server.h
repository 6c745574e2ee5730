#pragma once
#include <napi.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "poll.h"

namespace sherin::ipc {

/** Server of native/ipc.ts. Keeps itself and the event loop alive until it is closed. */
class Server : public Napi::ObjectWrap<Server> {
 public:
  static Napi::Function Define(Napi::Env env);
  /** listen(path, mode, accept, full) */
  static Napi::Value Listen(const Napi::CallbackInfo& info);
  /** adoptListener(fd, path, accept, full) */
  static Napi::Value Adopt(const Napi::CallbackInfo& info);

  explicit Server(const Napi::CallbackInfo& info);
  ~Server() override { RemoveFile(); }

 private:
  Napi::Value Descriptor(const Napi::CallbackInfo& info);
  void Pause(const Napi::CallbackInfo& info);
  void Resume(const Napi::CallbackInfo& info);
  void Leave(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void OnReadable();
  void Welcome(Fd fd);
  /** Turns one client away when descriptors have run out, and says so; it would wake the loop for ever otherwise. */
  void TurnAway();
  /** Removes the socket file unless another server has replaced it. */
  void RemoveFile();

  Poll* poll_ = nullptr;
  Napi::FunctionReference accept_;
  /** What those are told who are turned away. */
  std::vector<uint8_t> full_;
  Napi::AsyncContext context_;
  std::string path_;
  dev_t device_ = 0;
  ino_t inode_ = 0;
  /** Given up to take the next client where descriptors have run out; taken again before any client is. */
  Fd reserve_;
};

}  // namespace sherin::ipc
