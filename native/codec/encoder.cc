#include "encoder.h"

#include <algorithm>
#include <thread>
#include <utility>
#include <vector>

#include "../arguments.h"
#include "../environment.h"
#include "../error.h"
#include "../system/extent.h"
#include "../work/promise.h"
#include "encode_values.h"

namespace sherin {
namespace {

constexpr uint64_t kMostOffset = (uint64_t{1} << 53) - 1;

}  // namespace

void Encoder::Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Encoder", DefineClass(env, "Encoder",
                                     {
                                         InstanceMethod<&Encoder::Begin>("begin"),
                                         InstanceMethod<&Encoder::Encode>("encode"),
                                         InstanceMethod<&Encoder::ExtentOf>("extent"),
                                         InstanceMethod<&Encoder::Close>("close"),
                                     }));
}

Encoder::Encoder(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Guarded(info.Env(), [&] {
    workers_ = Environment::Of(info.Env()).MakeWorkers(std::max(2u, std::thread::hardware_concurrency()));
  });
}

template <typename Work>
Napi::Value Encoder::Run(const Napi::CallbackInfo& info, Work work) {
  if (workers_ == nullptr) throw Failure("EBADF", "the encoder is closed");
  std::vector<Napi::ObjectReference> keep;
  keep.push_back(Napi::Persistent(info.This().As<Napi::Object>()));
  return RunAsync(
      info.Env(), Environment::Of(info.Env()).completions(), *workers_, std::move(work),
      [](Napi::Env env, const auto& result) { return ValueOf(env, result); }, std::move(keep));
}

Napi::Value Encoder::Begin(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    const EncodeSettings settings = SettingsOf(info[1]);
    return Run(info, [fd, settings] { return BeginDescriptor(fd, settings); });
  });
}

Napi::Value Encoder::Encode(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    const uint64_t offset = NumberOf(info[1], "offset", 0, kMostOffset);
    const size_t length = NumberOf(info[2], "length", 1, kCube);
    const EncodeSettings settings = SettingsOf(info[3]);
    return Run(info, [fd, offset, length, settings] { return EncodeDescriptor(fd, offset, length, settings); });
  });
}

Napi::Value Encoder::ExtentOf(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    const auto offset = static_cast<int64_t>(NumberOf(info[1], "offset", 0, kMostOffset));
    return Run(info, [fd, offset] { return ExtentAt(fd, offset); });
  });
}

void Encoder::Close(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { workers_.reset(); });
}

}  // namespace sherin
