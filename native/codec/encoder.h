#pragma once
#include <napi.h>

#include <memory>

#include "../work/workers.h"

namespace sherin {

/** Encoder of native/index.ts: threads of one import, which alone its sources can hold up. */
class Encoder : public Napi::ObjectWrap<Encoder> {
 public:
  static void Init(Napi::Env env, Napi::Object exports);
  explicit Encoder(const Napi::CallbackInfo& info);

 private:
  Napi::Value Begin(const Napi::CallbackInfo& info);
  Napi::Value Encode(const Napi::CallbackInfo& info);
  Napi::Value ExtentOf(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  /** Runs `work` on a thread of this encoder, which stays alive meanwhile. @throws Failure EBADF when closed */
  template <typename Work>
  Napi::Value Run(const Napi::CallbackInfo& info, Work work);

  const size_t threads_;
  std::shared_ptr<Workers> workers_;
};

}  // namespace sherin
