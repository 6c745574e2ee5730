#include "own_threads.h"

#include "../arguments.h"
#include "../environment.h"
#include "../error.h"

namespace sherin {

void OwnThreads::Init(Napi::Env env, Napi::Object exports) {
  const Napi::Function threads = DefineClass(env, "Threads", {InstanceMethod<&OwnThreads::Close>("close")});
  Environment::Of(env).threads = Napi::Persistent(threads);
  exports.Set("Threads", threads);
}

OwnThreads::OwnThreads(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Guarded(info.Env(), [&] {
    workers_ = Environment::Of(info.Env()).MakeWorkers(NumberOf(info[0], "count", 1, 64));
  });
}

std::shared_ptr<Workers> OwnThreads::Of(const Napi::Value& value) {
  const Napi::Env env = value.Env();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(Environment::Of(env).threads.Value()))
    throw Napi::TypeError::New(env, "threads must be Threads");
  const auto workers = Unwrap(value.As<Napi::Object>())->workers_;
  if (workers == nullptr) throw Failure("EBADF", "the threads are closed");
  return workers;
}

void OwnThreads::Close(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { workers_.reset(); });
}

}  // namespace sherin
