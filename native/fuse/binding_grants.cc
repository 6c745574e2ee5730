#include <string.h>

#include "../arguments.h"
#include "../codec/reader.h"
#include "../codec/values.h"
#include "../error.h"
#include "../journal/rewrites_object.h"
#include "session_object.h"

namespace sherin::fuse {
namespace {

/** A segment of a slot: `{ cube: CubeRef | null, offset, length }`. */
Segment SegmentOf(const Napi::Value& value) {
  Segment segment{};
  const Napi::Value cube = Member(value, "cube");
  segment.hole = cube.IsNull();
  segment.length = NumberOf(Member(value, "length"), "length", 1, kCube);
  if (segment.hole) return segment;
  segment.cube = CubeRefOf(cube);
  const Range range = RangeOf(segment.cube, Member(value, "offset"), Member(value, "length"));
  segment.offset = range.offset;
  return segment;
}

std::vector<Segment> SegmentsOf(const Napi::Value& value) {
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "segments must be an array");
  const auto list = value.As<Napi::Array>();
  std::vector<Segment> segments;
  for (uint32_t i = 0; i < list.Length(); ++i) segments.push_back(SegmentOf(list.Get(i)));
  return segments;
}

/** A file that is one cube; PreparedRecord of native/fuse-session.ts. */
struct PreparedRecord {
  double node, size;
  uint8_t id[32], root[32];
};
static_assert(sizeof(PreparedRecord) == 80);

}  // namespace

/** (handle, node, reader, size) */
void SessionObject::Grant(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const uint64_t handle = NumberOf(info[0], "handle", 1, kMostNumber);
    const uint64_t node = NumberOf(info[1], "node", 1, kMostNumber);
    const uint64_t size = NumberOf(info[3], "size", 0, kMostNumber);
    session_->grants().Give(handle, std::make_shared<Content>(CubeReader::SourceOf(info[2]), node, size));
  });
}

/** (handle, slot, segments); nothing happens without a grant. */
void SessionObject::Extend(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const auto content = session_->grants().Of(NumberOf(info[0], "handle", 1, kMostNumber));
    const uint64_t slot = NumberOf(info[1], "slot", 0, kMostNumber);
    std::vector<Segment> segments = SegmentsOf(info[2]);
    if (content != nullptr) content->SetSlot(slot, std::move(segments));
  });
}

void SessionObject::Revoke(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { session_->grants().Revoke(NumberOf(info[0], "handle", 1, kMostNumber)); });
}

/** (reader, records) */
void SessionObject::Prepare(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const std::shared_ptr<CubeSource> source = CubeReader::SourceOf(info[0]);
    const Bytes records = BytesOf(info[1], "records");
    std::vector<std::shared_ptr<Content>> contents;
    for (size_t at = 0; at + sizeof(PreparedRecord) <= records.size; at += sizeof(PreparedRecord)) {
      PreparedRecord record;
      memcpy(&record, records.data + at, sizeof record);
      if (!(record.node >= 1 && record.node <= static_cast<double>(kMostNumber) && record.size >= 1 &&
            record.size <= static_cast<double>(kCube))) {
        throw Napi::RangeError::New(info.Env(), "records");
      }
      Segment segment{};
      memcpy(segment.cube.id.data(), record.id, sizeof record.id);
      memcpy(segment.cube.root.data(), record.root, sizeof record.root);
      segment.length = static_cast<size_t>(record.size);
      segment.cube.length = static_cast<uint32_t>(segment.length);
      contents.push_back(std::make_shared<Content>(source, static_cast<uint64_t>(record.node), segment.length));
      contents.back()->SetSlot(0, {segment});
    }
    for (const auto& content : contents) session_->grants().Prepare(content);
    session_->prefetch().Expect(std::move(contents));
  });
}

/** (nodes | null) */
void SessionObject::Withdraw(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const auto nodes = NodesOf(info[0]);
    session_->grants().Withdraw(nodes ? &*nodes : nullptr);
  });
}

/** (node, handle, rewrites | null) */
void SessionObject::LetRewrite(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const uint64_t node = NumberOf(info[0], "node", 1, kMostNumber);
    const uint64_t handle = NumberOf(info[1], "handle", 1, kMostNumber);
    session_->rewriting().Let(node, handle, info[2].IsNull() ? nullptr : RewritesObject::Of(info[2]));
  });
}

}  // namespace sherin::fuse
