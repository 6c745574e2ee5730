#pragma once
#include <napi.h>

#include <memory>

#include "workers.h"

namespace sherin {

/** Threads of native/index.ts: a few threads for one client, which alone its files can hold up. */
class OwnThreads : public Napi::ObjectWrap<OwnThreads> {
 public:
  static void Init(Napi::Env env, Napi::Object exports);
  explicit OwnThreads(const Napi::CallbackInfo& info);
  /** @throws Napi::TypeError for anything else, Failure EBADF when closed */
  static std::shared_ptr<Workers> Of(const Napi::Value& value);

 private:
  void Close(const Napi::CallbackInfo& info);

  std::shared_ptr<Workers> workers_;
};

}  // namespace sherin
