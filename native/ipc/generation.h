#pragma once
#include <napi.h>

#include <atomic>
#include <cstdint>

#include "fd.h"

namespace sherin::ipc {

/** A page of memory that two processes have mapped, and nothing in it but this count. */
using Count = std::atomic<uint64_t>;
static_assert(Count::is_always_lock_free, "another process reads it");

/** GenerationPage of native/ipc.ts: the only mapping that can be written to. */
class GenerationPage : public Napi::ObjectWrap<GenerationPage> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Make(const Napi::CallbackInfo& info);

  explicit GenerationPage(const Napi::CallbackInfo& info);
  ~GenerationPage() override;

 private:
  Napi::Value Descriptor(const Napi::CallbackInfo& info);
  Napi::Value Value(const Napi::CallbackInfo& info);
  void Next(const Napi::CallbackInfo& info);
  void End(const Napi::CallbackInfo& info);

  Fd fd_;
  Count* count_ = nullptr;
};

/** GenerationView of native/ipc.ts: another process's page, mapped to be read alone. */
class GenerationView : public Napi::ObjectWrap<GenerationView> {
 public:
  static Napi::Function Define(Napi::Env env);
  static Napi::Value Map(const Napi::CallbackInfo& info);

  explicit GenerationView(const Napi::CallbackInfo& info);
  ~GenerationView() override;

 private:
  Napi::Value Value(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void Unmap();

  const Count* count_ = nullptr;  // null once closed
};

}  // namespace sherin::ipc
