#pragma once
#include <napi.h>

#include <memory>

#include "../work/workers.h"
#include "cube_source.h"

namespace sherin {

/** CubeReader of native/index.ts: a CubeSource with threads of its own. */
class CubeReader : public Napi::ObjectWrap<CubeReader> {
 public:
  static void Init(Napi::Env env, Napi::Object exports);
  explicit CubeReader(const Napi::CallbackInfo& info);
  /** The source of a CubeReader. @throws Napi::TypeError for anything else */
  static std::shared_ptr<CubeSource> SourceOf(const Napi::Value& value);

 private:
  Napi::Value ReadCached(const Napi::CallbackInfo& info);
  Napi::Value Read(const Napi::CallbackInfo& info);
  void Prefetch(const Napi::CallbackInfo& info);
  Napi::Value Verify(const Napi::CallbackInfo& info);
  Napi::Value ExportTo(const Napi::CallbackInfo& info);
  void Drop(const Napi::CallbackInfo& info);
  void Refuse(const Napi::CallbackInfo& info);
  void Allow(const Napi::CallbackInfo& info);
  Napi::Value Stop(const Napi::CallbackInfo& info);
  void Resume(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);

  std::shared_ptr<CubeSource> source_;
  std::shared_ptr<Workers> workers_;
  /** Raised by each stop: a read that was under way then gives out nothing. */
  std::shared_ptr<uint64_t> stops_ = std::make_shared<uint64_t>(0);
};

}  // namespace sherin
