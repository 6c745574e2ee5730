#include "values.h"

#include <algorithm>

#include "../arguments.h"

namespace sherin {
namespace {

const char* NameOf(Fault fault) {
  switch (fault) {
    case Fault::Missing: return "missing";
    case Fault::Target: return "target";
    case Fault::Newer: return "newer";
    case Fault::Malformed: return "malformed";
    case Fault::Sealed: return "sealed";
    case Fault::Root: return "root";
    case Fault::Tag: return "tag";
    case Fault::Leaf: return "leaf";
    case Fault::Padding: return "padding";
    case Fault::Signature: return "signature";
    default: return "io";
  }
}

}  // namespace

Hash HashOf(const Napi::Value& value, const char* name) {
  const Bytes bytes = BytesOf(value, name, sizeof(Hash));
  Hash hash;
  std::copy_n(bytes.data, hash.size(), hash.begin());
  return hash;
}

CubeRef CubeRefOf(const Napi::Value& value) {
  return {HashOf(Member(value, "id"), "cube.id"), HashOf(Member(value, "root"), "cube.root"),
          static_cast<uint32_t>(NumberOf(Member(value, "length"), "cube.length", 1, kCube))};
}

Napi::Object ValueOf(Napi::Env env, const CubeRef& cube) {
  auto value = Napi::Object::New(env);
  value.Set("id", BufferOf(env, cube.id.data(), cube.id.size()));
  value.Set("root", BufferOf(env, cube.root.data(), cube.root.size()));
  value.Set("length", Napi::Number::New(env, cube.length));
  return value;
}

Napi::Value ValueOf(Napi::Env env, const Outcome& outcome) {
  auto value = Napi::Object::New(env);
  value.Set("ok", Napi::Boolean::New(env, outcome.ok()));
  if (outcome.ok()) return value;
  value.Set("fault", Napi::String::New(env, NameOf(outcome.fault)));
  if (outcome.vertex) value.Set("vertex", Napi::Number::New(env, *outcome.vertex));
  if (!outcome.error.empty()) value.Set("errno", Napi::String::New(env, outcome.error));
  if (outcome.inode != 0) value.Set("inode", Napi::BigInt::New(env, outcome.inode));
  if (outcome.version != 0) value.Set("version", Napi::Number::New(env, outcome.version));
  return value;
}

Range RangeOf(const CubeRef& cube, const Napi::Value& offset, const Napi::Value& length) {
  const size_t start = NumberOf(offset, "offset", 0, cube.length - 1);
  return {start, NumberOf(length, "length", 1, cube.length - start)};
}

}  // namespace sherin
