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
#include "begun_files.h"
#include "encode_values.h"

namespace sherin {
namespace {

constexpr uint64_t kMostOffset = (uint64_t{1} << 53) - 1;

/** (fds, owners) */
std::vector<SourceFile> FilesOf(const Napi::Value& fds, const Napi::Value& owners) {
  if (!fds.IsArray() || !owners.IsArray()) throw Napi::TypeError::New(fds.Env(), "fds and owners must be arrays");
  const auto numbers = fds.As<Napi::Array>(), uids = owners.As<Napi::Array>();
  if (numbers.Length() == 0 || numbers.Length() != uids.Length()) {
    throw Napi::RangeError::New(fds.Env(), "there must be files, and an owner for each");
  }
  std::vector<SourceFile> files;
  for (uint32_t i = 0; i < numbers.Length(); ++i) {
    files.push_back({DescriptorOf(numbers.Get(i), "fd"),
                     static_cast<uint32_t>(NumberOf(uids.Get(i), "owner", 0, UINT32_MAX))});
  }
  return files;
}

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

Encoder::Encoder(const Napi::CallbackInfo& info)
    : ObjectWrap(info), threads_(std::max(2u, std::thread::hardware_concurrency())) {
  Guarded(info.Env(), [&] { workers_ = Environment::Of(info.Env()).MakeWorkers(threads_); });
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
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const auto files = std::make_shared<BegunFiles>(FilesOf(info[0], info[1]), SettingsOf(info[2]), threads_);
    if (workers_ == nullptr) throw Failure("EBADF", "the encoder is closed");
    std::vector<Napi::ObjectReference> keep;
    keep.push_back(Napi::Persistent(info.This().As<Napi::Object>()));
    const auto completions = Environment::Of(info.Env()).completions();
    const Completions::Operation operation = completions->Begin(info.Env(), std::move(keep));
    const auto work = [completions, ticket = operation.ticket, files] {
      if (!files->Work()) return;
      completions->Post(ticket, [files](Napi::Env env) { return ValueOf(env, files->outcomes()); });
    };
    try {
      for (size_t i = 0; i < std::min(threads_, files->count()); ++i) workers_->Submit(work);
    } catch (const std::exception& error) {  // there is no thread: the first was refused
      const Failure failure("EAGAIN", error.what());
      completions->Post(operation.ticket, [failure](Napi::Env) -> Napi::Value { throw failure; });
    }
    return operation.promise;
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
