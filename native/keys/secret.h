#pragma once
#include <napi.h>

#include <memory>

#include "../memory/locked.h"

namespace sherin {

/** JavaScript handle of a LockedBytes (Secret of native/keys.ts). It gives no way to read the bytes. */
class Secret : public Napi::ObjectWrap<Secret> {
 public:
  /** Defines the class for this environment and sets exports.Secret. */
  static void Init(Napi::Env env, Napi::Object exports);
  /**
   * The bytes behind a handle. Hold the pointer as long as a worker thread needs it; wipe() of the handle overwrites
   * the bytes only after the last holder lets go. @throws Napi::TypeError not a Secret; NativeError EWIPED
   */
  static std::shared_ptr<LockedBytes> Get(const Napi::Value& value);
  /** A new handle. @throws Napi::Error */
  static Napi::Object New(Napi::Env env, std::shared_ptr<LockedBytes> bytes);

  explicit Secret(const Napi::CallbackInfo& info);

 private:
  static Napi::Value Length(const Napi::CallbackInfo& info);
  void Wipe(const Napi::CallbackInfo& info);

  std::shared_ptr<LockedBytes> bytes_;
};

}  // namespace sherin
