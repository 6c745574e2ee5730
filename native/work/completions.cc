#include "completions.h"

#include "../error.h"

namespace sherin {
namespace {

void SettleOne(Napi::Env env, const Napi::Promise::Deferred& deferred, const Completions::Settle& settle) {
  const Napi::HandleScope scope(env);
  try {
    try {
      deferred.Resolve(Guarded(env, [&] { return settle(env); }));
    } catch (const Napi::Error& error) {
      deferred.Reject(error.Value());
    }
  } catch (const Napi::Error&) {
    // A worker thread that is being terminated runs no JavaScript any more: nobody is left to be told.
  }
}

}  // namespace

std::shared_ptr<Completions> Completions::Create(Napi::Env env) {
  auto self = std::make_shared<Completions>();
  const auto nothing = Napi::Function::New(env, [](const Napi::CallbackInfo&) {});
  self->wake_ = Napi::ThreadSafeFunction::New(env, nothing, "sherin", 0, 1);
  self->wake_.Unref(env);
  return self;
}

Completions::Operation Completions::Begin(Napi::Env env, std::vector<Napi::ObjectReference> keep) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) throw NativeError(env, "ECANCELED", "the environment is ending");
  }
  const Ticket ticket = next_++;
  const auto deferred = Napi::Promise::Deferred::New(env);
  if (pending_.empty()) wake_.Ref(env);
  pending_.emplace(ticket, Pending{deferred, std::move(keep)});
  return {ticket, deferred.Promise()};
}

void Completions::Post(Ticket ticket, Settle settle) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  done_.emplace_back(ticket, std::move(settle));
  if (done_.size() > 1) return;  // the wake-up of the first one is still under way
  wake_.NonBlockingCall([self = shared_from_this()](Napi::Env env, Napi::Function) { self->Drain(env); });
}

void Completions::Drain(Napi::Env env) {
  std::vector<std::pair<Ticket, Settle>> done;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    done.swap(done_);
  }
  for (auto& [ticket, settle] : done) {
    auto node = pending_.extract(ticket);
    if (node.empty()) continue;
    if (pending_.empty()) wake_.Unref(env);
    SettleOne(env, node.mapped().deferred, settle);
  }
}

void Completions::Close() {
  std::vector<std::pair<Ticket, Settle>> dropped;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (closed_) return;
    closed_ = true;
    dropped.swap(done_);
    wake_.Abort();
  }
  pending_.clear();
}

}  // namespace sherin
