#pragma once
#include <napi.h>

#include <memory>

#include "rewrites.h"

namespace sherin {

/** Rewrites of native/index.ts. */
class RewritesObject : public Napi::ObjectWrap<RewritesObject> {
 public:
  static void Init(Napi::Env env, Napi::Object exports);
  explicit RewritesObject(const Napi::CallbackInfo& info);
  /** What is behind one. @throws Napi::TypeError for anything else */
  static std::shared_ptr<Rewrites> Of(const Napi::Value& value);

 private:
  Napi::Value Write(const Napi::CallbackInfo& info);
  Napi::Value Sync(const Napi::CallbackInfo& info);
  Napi::Value Look(const Napi::CallbackInfo& info);
  Napi::Value Revoke(const Napi::CallbackInfo& info);
  void Copy(const Napi::CallbackInfo& info);
  void Release(const Napi::CallbackInfo& info);

  std::shared_ptr<Rewrites> rewrites_;
};

}  // namespace sherin
