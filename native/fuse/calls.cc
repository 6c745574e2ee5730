#include "calls.h"

namespace sherin::fuse {
namespace {

Napi::Value NumberFor(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

void Deliver(Napi::Env env, const Napi::Function& handler, const Call& call) {
  const Napi::HandleScope scope(env);
  const Napi::Value name =
      call.name.empty() ? env.Null() : Napi::Buffer<char>::Copy(env, call.name.data(), call.name.size());
  try {
    handler.Call({NumberFor(env, static_cast<uint64_t>(call.op)), NumberFor(env, call.id), NumberFor(env, call.node),
                  NumberFor(env, call.uid), NumberFor(env, call.gid), Napi::Number::New(env, call.pid),
                  NumberFor(env, call.handle), NumberFor(env, call.offset), NumberFor(env, call.size),
                  NumberFor(env, call.flags), name});
  } catch (const Napi::Error& error) {
    // The handler answers its own errors; one that throws all the same leaves the request to its deadline.
    napi_fatal_exception(env, error.Value());
  }
}

}  // namespace

std::shared_ptr<Calls> Calls::Create(const Napi::Function& handler) {
  auto self = std::make_shared<Calls>();
  self->wake_ = Napi::ThreadSafeFunction::New(handler.Env(), handler, "sherin.mount", 0, 1);
  self->wake_.Unref(handler.Env());
  // Hooks run in reverse order: this one before Node tears down the function made above, which threads still call.
  self->env_ = handler.Env();
  napi_add_env_cleanup_hook(self->env_, CloseAtEnd, self.get());
  return self;
}

void Calls::CloseAtEnd(void* self) { static_cast<Calls*>(self)->Close(); }

void Calls::Post(Call call) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  waiting_.push_back(std::move(call));
  if (waiting_.size() > 1) return;  // the wake-up of the first one is still under way
  wake_.NonBlockingCall(
      [self = shared_from_this()](Napi::Env env, const Napi::Function& handler) { self->Drain(env, handler); });
}

void Calls::Drain(Napi::Env env, const Napi::Function& handler) {
  std::deque<Call> calls;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls.swap(waiting_);
  }
  for (const Call& call : calls) Deliver(env, handler, call);
}

void Calls::Close() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  closed_ = true;
  waiting_.clear();
  wake_.Abort();
  napi_remove_env_cleanup_hook(env_, CloseAtEnd, this);
}

}  // namespace sherin::fuse
