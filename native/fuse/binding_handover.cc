// How a connection goes from one process to another.
#include "../arguments.h"
#include "../environment.h"
#include "../error.h"
#include "../work/promise.h"
#include "session_object.h"

namespace sherin::fuse {
namespace {

std::vector<uint8_t> Copied(const Bytes& bytes) { return {bytes.data, bytes.data + bytes.size}; }

/** Pairs of numbers, node and look-ups. */
std::vector<std::pair<uint64_t, uint64_t>> LookupsOf(const Napi::Value& value) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_float64_array) {
    throw Napi::TypeError::New(value.Env(), "lookups must be a Float64Array");
  }
  const auto numbers = value.As<Napi::Float64Array>();
  std::vector<std::pair<uint64_t, uint64_t>> lookups;
  const auto number = [&](size_t at) {
    return NumberOf(Napi::Number::New(value.Env(), numbers[at]), "lookups", 1, kMostNumber);
  };
  for (size_t at = 0; at + 1 < numbers.ElementLength(); at += 2) lookups.emplace_back(number(at), number(at + 1));
  return lookups;
}

}  // namespace

Napi::Value SessionObject::Pause(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    Environment& environment = Environment::Of(info.Env());
    return RunAsync(
        info.Env(), environment.completions(), environment.blocking(),
        [session = session_] {
          session->Pause();
          return true;
        },
        [](Napi::Env env, bool) { return env.Undefined(); });
  });
}

void SessionObject::Resume(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { session_->Resume(); });
}

Napi::Value SessionObject::Idle(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return Napi::Boolean::New(info.Env(), session_->pending().empty()); });
}

Napi::Value SessionObject::Device(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return Napi::Number::New(info.Env(), session_->device()); });
}

Napi::Value SessionObject::State(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Napi::Env env = info.Env();
    const Session::State state = session_->state();
    auto lookups = Napi::Float64Array::New(env, state.lookups.size() * 2);
    for (size_t i = 0; i < state.lookups.size(); ++i) {
      lookups[2 * i] = static_cast<double>(state.lookups[i].first);
      lookups[2 * i + 1] = static_cast<double>(state.lookups[i].second);
    }
    auto result = Napi::Object::New(env);
    result.Set("request", BufferOf(env, state.hello.request.data(), state.hello.request.size()));
    result.Set("answer", BufferOf(env, state.hello.answer.data(), state.hello.answer.size()));
    result.Set("lookups", lookups);
    result.Set("nextHandle", Napi::Number::New(env, static_cast<double>(state.next_handle)));
    return result;
  });
}

/** (device, state) */
void SessionObject::Adopt(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Napi::Value& value = info[1];
    const Session::State state{
        {Copied(BytesOf(Member(value, "request"), "request")), Copied(BytesOf(Member(value, "answer"), "answer"))},
        LookupsOf(Member(value, "lookups")),
        NumberOf(Member(value, "nextHandle"), "nextHandle", Grants::kFirstHandle, kMostNumber)};
    session_->Adopt(DescriptorOf(info[0], "device"), state);
  });
}

}  // namespace sherin::fuse
