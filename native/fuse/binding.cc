#include "binding.h"

#include <string.h>

#include "../arguments.h"
#include "../environment.h"
#include "../error.h"
#include "../work/promise.h"
#include "said.h"
#include "session_object.h"

namespace sherin::fuse {
namespace {

Session::Options OptionsOf(const Napi::Value& value) {
  Session::Options options;
  const Napi::Value list = Member(value, "mountOptions");
  if (!list.IsArray()) throw Napi::TypeError::New(value.Env(), "mountOptions must be an array");
  const auto array = list.As<Napi::Array>();
  for (uint32_t i = 0; i < array.Length(); ++i) {
    const Napi::Value option = array.Get(i);
    if (!option.IsString()) throw Napi::TypeError::New(value.Env(), "a mount option must be a string");
    options.mount_options.push_back(option.As<Napi::String>().Utf8Value());
  }
  options.deadline = std::chrono::milliseconds(NumberOf(Member(value, "deadline"), "deadline", 1, 1u << 30));
  options.threads = NumberOf(Member(value, "threads"), "threads", 1, 64);
  return options;
}

/** A promise of what calls back, on any thread, when it is done. */
template <typename Start>
Napi::Value Promised(Napi::Env env, Start start) {
  const auto completions = Environment::Of(env).completions();
  const Completions::Operation operation = completions->Begin(env);
  start([completions, ticket = operation.ticket] {
    completions->Post(ticket, [](Napi::Env settled) -> Napi::Value { return settled.Undefined(); });
  });
  return operation.promise;
}

}  // namespace

Napi::Function SessionObject::Define(Napi::Env env) {
  return DefineClass(env, "FuseSession",
                     {
                         StaticMethod<&SessionObject::Said>("said"),
                         InstanceMethod<&SessionObject::Mount>("mount"),
                         InstanceMethod<&SessionObject::End>("end"),
                         InstanceMethod<&SessionObject::Pause>("pause"),
                         InstanceMethod<&SessionObject::Resume>("resume"),
                         InstanceMethod<&SessionObject::Idle>("idle"),
                         InstanceMethod<&SessionObject::Device>("device"),
                         InstanceMethod<&SessionObject::State>("state"),
                         InstanceMethod<&SessionObject::Adopt>("adopt"),
                         InstanceMethod<&SessionObject::Knows>("knows"),
                         InstanceMethod<&SessionObject::Waiting>("waiting"),
                         InstanceMethod<&SessionObject::TakeData>("takeData"),
                         InstanceMethod<&SessionObject::Success>("success"),
                         InstanceMethod<&SessionObject::Fail>("fail"),
                         InstanceMethod<&SessionObject::AnswerEntry>("answerEntry"),
                         InstanceMethod<&SessionObject::AnswerCreate>("answerCreate"),
                         InstanceMethod<&SessionObject::AnswerAttributes>("answerAttributes"),
                         InstanceMethod<&SessionObject::AnswerOpen>("answerOpen"),
                         InstanceMethod<&SessionObject::AnswerOpendir>("answerOpendir"),
                         InstanceMethod<&SessionObject::AnswerDirectory>("answerDirectory"),
                         InstanceMethod<&SessionObject::AnswerBytes>("answerBytes"),
                         InstanceMethod<&SessionObject::AnswerLink>("answerLink"),
                         InstanceMethod<&SessionObject::AnswerSize>("answerSize"),
                         InstanceMethod<&SessionObject::AnswerSpace>("answerSpace"),
                         InstanceMethod<&SessionObject::AnswerWrite>("answerWrite"),
                         InstanceMethod<&SessionObject::AnswerOffset>("answerOffset"),
                         InstanceMethod<&SessionObject::Grant>("grant"),
                         InstanceMethod<&SessionObject::Extend>("extend"),
                         InstanceMethod<&SessionObject::Revoke>("revoke"),
                         InstanceMethod<&SessionObject::Prepare>("prepare"),
                         InstanceMethod<&SessionObject::Withdraw>("withdraw"),
                         InstanceMethod<&SessionObject::LetRewrite>("letRewrite"),
                         InstanceMethod<&SessionObject::Deliver>("deliver"),
                         InstanceMethod<&SessionObject::Invalidate>("invalidate"),
                         InstanceMethod<&SessionObject::Settle>("settle"),
                         InstanceMethod<&SessionObject::SetLate>("setLate"),
                     });
}

SessionObject::SessionObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Guarded(info.Env(), [&] {
    const Session::Options options = OptionsOf(info[0]);
    if (!info[1].IsFunction()) throw Napi::TypeError::New(info.Env(), "handler must be a function");
    calls_ = Calls::Create(info[1].As<Napi::Function>());
    try {
      session_ = std::make_shared<Session>(options, [calls = calls_](Call call) { calls->Post(std::move(call)); },
                                           [calls = calls_] { calls->Flush(); });
      calls_->Attend([session = session_](bool attended) { session->SetAttended(attended); });
    } catch (...) {
      calls_->Close();  // no destructor runs; the environment's end would call what is gone
      throw;
    }
  });
}

SessionObject::~SessionObject() {
  if (calls_ != nullptr) calls_->Close();
}

Napi::Value SessionObject::Said(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const std::vector<std::string> lines = TakeSaid();
    const auto said = Napi::Array::New(info.Env(), lines.size());
    for (uint32_t i = 0; i < lines.size(); ++i) said.Set(i, Napi::String::New(info.Env(), lines[i]));
    return said;
  });
}

void SessionObject::Mount(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { session_->Mount(PathOf(info[0], "path")); });
}

/** On a thread that may wait: those of the session are interrupted and joined. */
Napi::Value SessionObject::End(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    Environment& environment = Environment::Of(info.Env());
    return RunAsync(
        info.Env(), environment.completions(), environment.blocking(),
        [session = session_] {
          session->End();
          return true;
        },
        [session = session_, calls = calls_](Napi::Env env, bool) {
          calls->Deliver(env);
          calls->Close();
          session->Close();
          return env.Undefined();
        });
  });
}

Napi::Value SessionObject::Knows(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    return Napi::Boolean::New(info.Env(), session_->known().Has(NumberOf(info[0], "node", 1, kMostNumber)));
  });
}

Napi::Value SessionObject::Waiting(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    return Napi::Boolean::New(info.Env(), session_->pending().Has(NumberOf(info[0], "id", 1, kMostNumber)));
  });
}

/** Null stands for all nodes. */
std::optional<std::vector<uint64_t>> SessionObject::NodesOf(const Napi::Value& value) {
  if (value.IsNull()) return std::nullopt;
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "nodes must be an array");
  const auto list = value.As<Napi::Array>();
  std::vector<uint64_t> nodes;
  for (uint32_t i = 0; i < list.Length(); ++i) nodes.push_back(NumberOf(list.Get(i), "node", 1, kMostNumber));
  return nodes;
}

void SessionObject::Deliver(const Napi::CallbackInfo& info) { calls_->Deliver(info.Env()); }

/** (nodes | null, entries): null stands for all that the kernel knows. */
Napi::Value SessionObject::Invalidate(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    std::optional<std::vector<uint64_t>> nodes = NodesOf(info[0]);
    std::vector<Session::Entry> entries;
    const auto list = info[1].As<Napi::Array>();
    for (uint32_t i = 0; i < list.Length(); ++i) {
      const Napi::Value entry = list.Get(i);
      const Bytes name = BytesOf(Member(entry, "name"), "name");
      entries.push_back({NumberOf(Member(entry, "parent"), "parent", 1, kMostNumber),
                         std::string(reinterpret_cast<const char*>(name.data), name.size)});
    }
    session_->known().Doubt(nodes ? &*nodes : nullptr, session_->pending().next());
    return Promised(info.Env(), [&](std::function<void()> done) {
      session_->Invalidate(std::move(nodes), std::move(entries), std::move(done));
    });
  });
}

Napi::Value SessionObject::Settle(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    return Promised(info.Env(), [&](std::function<void()> done) { session_->Settle(std::move(done)); });
  });
}

void SessionObject::SetLate(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { session_->SetLate(BooleanOf(info[0], "late")); });
}

/** (id, from, length, target, at): copies data of a write; false when it is there no more. */
Napi::Value SessionObject::TakeData(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const Bytes target = BytesOf(info[3], "target");
    const uint64_t at = NumberOf(info[4], "at", 0, target.size);
    const uint64_t length = NumberOf(info[2], "length", 0, target.size - at);
    const uint64_t from = NumberOf(info[1], "from", 0, kMostNumber);
    const Pending::Data data = session_->pending().DataOf(IdOf(info));
    if (data == nullptr) return Napi::Boolean::New(info.Env(), false);
    if (from > data->size() || length > data->size() - from) throw Napi::RangeError::New(info.Env(), "from");
    // Expiring meanwhile, it lasts until it was copied: what is written is the whole or nothing.
    if (length > 0) memcpy(const_cast<uint8_t*>(target.data) + at, data->data() + from, length);
    return Napi::Boolean::New(info.Env(), true);
  });
}

}  // namespace sherin::fuse

namespace sherin {

void InitFuse(Napi::Env env, Napi::Object exports) {
  fuse::KeepSaid();
  exports.Set("FuseSession", fuse::SessionObject::Define(env));
}

}  // namespace sherin
