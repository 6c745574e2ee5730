#include "written_slot_values.h"

#include <string>

#include "../arguments.h"
#include "encode_values.h"
#include "values.h"

namespace sherin {
namespace {

StoredVertex StoredOf(const Napi::Value& value) {
  const CubeRef cube = CubeRefOf(Member(value, "cube"));
  return {cube, NumberOf(Member(value, "from"), "from", 0, VerticesOf(cube.length) - 1)};
}

SlotVertex WrittenOf(const Napi::Value& value) {
  SlotVertex vertex{SlotVertex::Kind::Written};
  const Napi::Value under = Member(value, "under");
  if (!under.IsNull()) vertex.stored = StoredOf(under);
  vertex.bytes = BytesOf(Member(value, "bytes"), "bytes");
  vertex.first = NumberOf(Member(value, "first"), "first", 0, kBlocksPerVertex - 1);
  vertex.present = static_cast<uint32_t>(NumberOf(Member(value, "present"), "present", 0, (1 << kBlocksPerVertex) - 1));
  const size_t end = vertex.first + vertex.bytes.size / kBlock;
  for (size_t block = 0; block < kBlocksPerVertex; ++block) {
    const bool room = block >= vertex.first && block < end;
    if ((vertex.present >> block & 1) != 0 && !room)
      throw Napi::RangeError::New(value.Env(), "bytes has no room for a block that is present");
  }
  return vertex;
}

SlotVertex VertexOf(const Napi::Value& value) {
  const Napi::Value kind = Member(value, "kind");
  const std::string name = kind.IsString() ? kind.As<Napi::String>().Utf8Value() : "";
  if (name == "hole") return {SlotVertex::Kind::Hole};
  if (name == "kept") return {SlotVertex::Kind::Kept, StoredOf(value)};
  if (name == "written") return WrittenOf(value);
  throw Napi::TypeError::New(value.Env(), "kind must be hole, kept or written");
}

}  // namespace

std::vector<SlotVertex> SlotVerticesOf(const Napi::Value& value, size_t length) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "vertices must be an array");
  const auto array = value.As<Napi::Array>();
  if (array.Length() != VerticesOf(static_cast<uint32_t>(length)))
    throw Napi::RangeError::New(value.Env(), "vertices must be those of the slot");
  std::vector<SlotVertex> vertices;
  for (uint32_t i = 0; i < array.Length(); ++i) vertices.push_back(VertexOf(array.Get(i)));
  return vertices;
}

Napi::Value ValueOf(Napi::Env env, const EncodedSlot& slot) {
  if (!slot.outcome.ok()) return ValueOf(env, slot.outcome);
  auto value = Napi::Object::New(env);
  value.Set("ok", Napi::Boolean::New(env, true));
  value.Set("encoded", ValueOf(env, slot.encoded));
  value.Set("inCube", Napi::Number::New(env, slot.in_cube));
  value.Set("root", BufferOf(env, slot.root.data(), slot.root.size()));
  return value;
}

}  // namespace sherin
