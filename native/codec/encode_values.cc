#include "encode_values.h"

#include <string>

#include "../arguments.h"
#include "../error.h"
#include "../keys/keyring.h"
#include "values.h"

namespace sherin {
namespace {

PadMode PadModeOf(const Napi::Value& value) {
  const std::string name = value.IsString() ? value.As<Napi::String>().Utf8Value() : "";
  if (name == "4k") return PadMode::Block;
  if (name == "vertex") return PadMode::Vertex;
  if (name == "cube") return PadMode::Cube;
  throw Napi::TypeError::New(value.Env(), "pad must be 4k, vertex or cube");
}

Napi::Value BegunValue(Napi::Env env, const Begun& begun) {
  auto value = Napi::Object::New(env);
  value.Set("extent", ValueOf(env, begun.extent));
  value.Set("whole", begun.whole ? ValueOf(env, *begun.whole) : env.Null());
  return value;
}

}  // namespace

EncodeSettings SettingsOf(const Napi::Value& value) {
  return {Keyring::Get(Member(value, "keyring")),
          DescriptorOf(Member(value, "vaultFd"), "vaultFd"),
          UuidOf(Member(value, "uuid")),
          static_cast<uint32_t>(NumberOf(Member(value, "owner"), "owner", 0, UINT32_MAX)),
          PadModeOf(Member(value, "pad"))};
}

Napi::Value ValueOf(Napi::Env env, const Extent& extent) {
  if (!extent.regular) return env.Null();
  auto value = Napi::Object::New(env);
  value.Set("size", Napi::Number::New(env, static_cast<double>(extent.size)));
  value.Set("data", extent.data < 0 ? env.Null() : Napi::Number::New(env, static_cast<double>(extent.data)));
  value.Set("hole", Napi::Number::New(env, static_cast<double>(extent.hole)));
  return value;
}

Napi::Value ValueOf(Napi::Env env, const Encoded& encoded) {
  auto value = Napi::Object::New(env);
  switch (encoded.kind) {
    case Encoded::Kind::Hole:
      value.Set("kind", "hole");
      return value;
    case Encoded::Kind::Short:
      value.Set("kind", "short");
      value.Set("length", Napi::Number::New(env, encoded.cube.length));
      return value;
    case Encoded::Kind::Cube:
      break;
  }
  value.Set("kind", "cube");
  value.Set("cube", ValueOf(env, encoded.cube));
  value.Set("temporary", encoded.temporary.empty() ? env.Null() : Napi::String::New(env, encoded.temporary));
  value.Set("stored", Napi::Number::New(env, static_cast<double>(encoded.stored)));
  return value;
}

Napi::Value ValueOf(Napi::Env env, const std::vector<std::optional<BegunOutcome>>& outcomes) {
  const auto values = Napi::Array::New(env, outcomes.size());
  for (uint32_t i = 0; i < outcomes.size(); ++i) {
    const Napi::HandleScope scope(env);
    const BegunOutcome& outcome = outcomes[i].value();
    const auto* failure = std::get_if<Failure>(&outcome);
    values.Set(i, failure != nullptr ? NativeError(env, *failure).Value() : BegunValue(env, std::get<Begun>(outcome)));
  }
  return values;
}

}  // namespace sherin
