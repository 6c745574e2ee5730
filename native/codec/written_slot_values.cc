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

/** Whole blocks within the vertex. */
WrittenPart PartOf(const Napi::Value& value) {
  const WrittenPart part{BytesOf(Member(value, "bytes"), "bytes"),
                         NumberOf(Member(value, "first"), "first", 0, kBlocksPerVertex - 1)};
  if (part.bytes.size % kBlock != 0 || part.bytes.size / kBlock > kBlocksPerVertex - part.first)
    throw Napi::RangeError::New(value.Env(), "bytes must be blocks of the vertex");
  return part;
}

/** Bit 0 for the first block of the vertex. */
uint32_t BlocksOf(const WrittenPart& part) {
  return ((uint32_t{1} << part.bytes.size / kBlock) - 1) << part.first;
}

SlotVertex WrittenOf(const Napi::Value& value) {
  SlotVertex vertex{SlotVertex::Kind::Written};
  const Napi::Value under = Member(value, "under");
  if (!under.IsNull()) vertex.stored = StoredOf(under);
  vertex.present = static_cast<uint32_t>(NumberOf(Member(value, "present"), "present", 0, (1 << kBlocksPerVertex) - 1));
  const Napi::Value parts = Member(value, "parts");
  if (!parts.IsArray()) throw Napi::TypeError::New(value.Env(), "parts must be an array");
  const auto array = parts.As<Napi::Array>();
  uint32_t room = 0;
  for (uint32_t i = 0; i < array.Length(); ++i) {
    vertex.parts.push_back(PartOf(array.Get(i)));
    room |= BlocksOf(vertex.parts.back());
  }
  if ((vertex.present & ~room) != 0)
    throw Napi::RangeError::New(value.Env(), "parts have no room for a block that is present");
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
