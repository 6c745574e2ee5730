#include "binding.h"

#include <errno.h>

#include "../arguments.h"
#include "../codec/reader.h"
#include "../codec/values.h"
#include "../environment.h"
#include "../error.h"
#include "../work/promise.h"
#include "answers.h"
#include "calls.h"
#include "session.h"

namespace sherin {
namespace {

using fuse::Session;

constexpr uint64_t kMostNumber = (uint64_t{1} << 53) - 1;

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

/** A segment of a slot: `{ cube: CubeRef | null, offset, length }`. */
fuse::Segment SegmentOf(const Napi::Value& value) {
  fuse::Segment segment{};
  const Napi::Value cube = Member(value, "cube");
  segment.hole = cube.IsNull();
  segment.length = NumberOf(Member(value, "length"), "length", 1, kCube);
  if (segment.hole) return segment;
  segment.cube = CubeRefOf(cube);
  const Range range = RangeOf(segment.cube, Member(value, "offset"), Member(value, "length"));
  segment.offset = range.offset;
  return segment;
}

/** The methods of FuseSession: each reads its arguments and answers one request, unless its deadline has. */
class FuseSession : public Napi::ObjectWrap<FuseSession> {
 public:
  static Napi::Function Define(Napi::Env env) {
    return DefineClass(env, "FuseSession",
                       {
                           InstanceMethod<&FuseSession::Mount>("mount"),
                           InstanceMethod<&FuseSession::End>("end"),
                           InstanceMethod<&FuseSession::Knows>("knows"),
                           InstanceMethod<&FuseSession::Waiting>("waiting"),
                           InstanceMethod<&FuseSession::Fail>("fail"),
                           InstanceMethod<&FuseSession::AnswerEntry>("answerEntry"),
                           InstanceMethod<&FuseSession::AnswerAttributes>("answerAttributes"),
                           InstanceMethod<&FuseSession::AnswerOpen>("answerOpen"),
                           InstanceMethod<&FuseSession::AnswerDirectory>("answerDirectory"),
                           InstanceMethod<&FuseSession::AnswerBytes>("answerBytes"),
                           InstanceMethod<&FuseSession::AnswerLink>("answerLink"),
                           InstanceMethod<&FuseSession::AnswerSize>("answerSize"),
                           InstanceMethod<&FuseSession::AnswerSpace>("answerSpace"),
                           InstanceMethod<&FuseSession::Grant>("grant"),
                           InstanceMethod<&FuseSession::Extend>("extend"),
                           InstanceMethod<&FuseSession::Revoke>("revoke"),
                           InstanceMethod<&FuseSession::Prepare>("prepare"),
                           InstanceMethod<&FuseSession::Withdraw>("withdraw"),
                           InstanceMethod<&FuseSession::Deliver>("deliver"),
                           InstanceMethod<&FuseSession::Invalidate>("invalidate"),
                       });
  }

  ~FuseSession() override {
    if (calls_ != nullptr) calls_->Close();
  }

  explicit FuseSession(const Napi::CallbackInfo& info) : ObjectWrap(info) {
    Guarded(info.Env(), [&] {
      const Session::Options options = OptionsOf(info[0]);
      if (!info[1].IsFunction()) throw Napi::TypeError::New(info.Env(), "handler must be a function");
      calls_ = fuse::Calls::Create(info[1].As<Napi::Function>());
      try {
        session_ = std::make_shared<Session>(options,
                                             [calls = calls_](fuse::Call call) { calls->Post(std::move(call)); },
                                             [calls = calls_] { calls->Flush(); });
      } catch (...) {
        calls_->Close();  // no destructor runs; the environment's end would call what is gone
        throw;
      }
    });
  }

 private:
  void Mount(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] { session_->Mount(PathOf(info[0], "path")); });
  }

  /** On a thread that may wait: those of the session are interrupted and joined. */
  Napi::Value End(const Napi::CallbackInfo& info) {
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

  fuse_req_t Take(const Napi::CallbackInfo& info) {
    return session_->pending().Take(NumberOf(info[0], "id", 1, kMostNumber));
  }

  Napi::Value Knows(const Napi::CallbackInfo& info) {
    return Guarded(info.Env(), [&] {
      return Napi::Boolean::New(info.Env(), session_->known().Has(NumberOf(info[0], "node", 1, kMostNumber)));
    });
  }

  Napi::Value Waiting(const Napi::CallbackInfo& info) {
    return Guarded(info.Env(), [&] {
      return Napi::Boolean::New(info.Env(), session_->pending().Has(NumberOf(info[0], "id", 1, kMostNumber)));
    });
  }

  void Fail(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const int error = static_cast<int>(NumberOf(info[1], "errno", 0, 4095));
      if (const fuse_req_t request = Take(info)) fuse_reply_err(request, error);
    });
  }

  /** (id, Float64Array of Attributes) */
  static fuse::Attributes AttributesOf(const Napi::Value& value) {
    fuse::Attributes attributes;
    const Bytes bytes = BytesOf(value, "attributes", sizeof attributes);
    memcpy(&attributes, bytes.data, sizeof attributes);
    return attributes;
  }

  void AnswerEntry(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const fuse::Attributes attributes = AttributesOf(info[1]);
      const fuse_entry_param entry = EntryOf(attributes);
      const fuse_req_t request = Take(info);
      // Counted before the kernel can forget it; it takes no reference where nobody waits any more.
      if (request != nullptr && entry.ino != 0) session_->known().Add(entry.ino, attributes.bare != 0);
      if (request != nullptr && fuse_reply_entry(request, &entry) == 0) return;
      if (request != nullptr && entry.ino != 0) session_->known().Forget(entry.ino, 1);
      Untold(entry.ino);
    });
  }

  /** A node that an answer was to tell of and did not: JavaScript has it in its table, and no forget would come. */
  void Untold(uint64_t node) {
    if (node == 0 || session_->known().Has(node)) return;
    fuse::Call call{fuse::Op::Forget};
    call.node = node;
    calls_->Post(std::move(call));
  }

  void AnswerAttributes(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const fuse_entry_param entry = EntryOf(AttributesOf(info[1]));
      if (const fuse_req_t request = Take(info)) fuse_reply_attr(request, &entry.attr, entry.attr_timeout);
    });
  }

  /** (id, handle, keepCache, direct); false when the open came to nothing: its handle is to be closed. */
  Napi::Value AnswerOpen(const Napi::CallbackInfo& info) {
    return Guarded(info.Env(), [&] {
      fuse_file_info file{};
      file.fh = NumberOf(info[1], "handle", 1, kMostNumber);
      file.keep_cache = BooleanOf(info[2], "keepCache");
      file.direct_io = BooleanOf(info[3], "direct");
      const fuse_req_t request = Take(info);
      return Napi::Boolean::New(info.Env(), request != nullptr && fuse_reply_open(request, &file) == 0);
    });
  }

  /** (id, packed entries, size, plus) */
  void AnswerDirectory(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const Bytes packed = BytesOf(info[1], "entries");
      const size_t size = NumberOf(info[2], "size", 0, kCube);
      const bool plus = BooleanOf(info[3], "plus");
      const fuse_req_t request = Take(info);
      if (request != nullptr && ReplyDirectory(request, packed, size, plus)) return;
      fuse::PackedEntries entries(packed.data, packed.size);
      fuse::PackedEntry entry;
      const char* name = nullptr;
      while (plus && entries.Next(entry, name)) Untold(static_cast<uint64_t>(entry.attributes.node));
    });
  }

  /** False when an entry did not get to the kernel. */
  bool ReplyDirectory(fuse_req_t request, Bytes packed, size_t size, bool plus) {
    std::vector<char> list(size);
    std::vector<std::pair<uint64_t, bool>> counted;
    fuse::PackedEntries entries(packed.data, packed.size);
    fuse::PackedEntry entry;
    const char* name = nullptr;
    size_t used = 0;
    bool whole = true;
    while (entries.Next(entry, name)) {
      const fuse_entry_param param = EntryOf(entry.attributes);
      const auto next = static_cast<off_t>(entry.next);
      const size_t need = plus ? fuse_add_direntry_plus(request, list.data() + used, size - used, name, &param, next)
                               : fuse_add_direntry(request, list.data() + used, size - used, name, &param.attr, next);
      whole = need <= size - used;
      if (!whole) break;
      used += need;
      if (plus && param.ino != 0) counted.emplace_back(param.ino, entry.attributes.bare != 0);
    }
    for (const auto& [node, bare] : counted) session_->known().Add(node, bare);
    if (fuse_reply_buf(request, list.data(), used) == 0) return whole;
    for (const auto& [node, bare] : counted) session_->known().Forget(node, 1);
    return false;
  }

  /** (id, bytes, length): the content of a read or the value of an attribute. */
  void AnswerBytes(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const Bytes bytes = BytesOf(info[1], "bytes");
      const size_t length = NumberOf(info[2], "length", 0, bytes.size);
      const fuse_req_t request = Take(info);
      if (request != nullptr) fuse_reply_buf(request, reinterpret_cast<const char*>(bytes.data), length);
    });
  }

  /** (id, target) */
  void AnswerLink(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const Bytes bytes = BytesOf(info[1], "target");
      const std::string target(reinterpret_cast<const char*>(bytes.data), bytes.size);
      if (const fuse_req_t request = Take(info)) fuse_reply_readlink(request, target.c_str());
    });
  }

  /** (id, size): what an attribute would need. */
  void AnswerSize(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const size_t size = NumberOf(info[1], "size", 0, UINT32_MAX);
      if (const fuse_req_t request = Take(info)) fuse_reply_xattr(request, size);
    });
  }

  /** (id, Float64Array of Space) */
  void AnswerSpace(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      fuse::Space space;
      memcpy(&space, BytesOf(info[1], "space", sizeof space).data, sizeof space);
      struct statvfs facts {};
      facts.f_bsize = facts.f_frsize = static_cast<unsigned long>(space.block_size);
      facts.f_blocks = static_cast<fsblkcnt_t>(space.blocks);
      facts.f_bfree = static_cast<fsblkcnt_t>(space.free);
      facts.f_bavail = static_cast<fsblkcnt_t>(space.available);
      facts.f_files = static_cast<fsfilcnt_t>(space.files);
      facts.f_namemax = static_cast<unsigned long>(space.name_max);
      if (const fuse_req_t request = Take(info)) fuse_reply_statfs(request, &facts);
    });
  }

  static std::vector<fuse::Segment> SegmentsOf(const Napi::Value& value) {
    if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "segments must be an array");
    const auto list = value.As<Napi::Array>();
    std::vector<fuse::Segment> segments;
    for (uint32_t i = 0; i < list.Length(); ++i) segments.push_back(SegmentOf(list.Get(i)));
    return segments;
  }

  /** Null stands for all nodes. */
  static std::optional<std::vector<uint64_t>> NodesOf(const Napi::Value& value) {
    if (value.IsNull()) return std::nullopt;
    if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "nodes must be an array");
    const auto list = value.As<Napi::Array>();
    std::vector<uint64_t> nodes;
    for (uint32_t i = 0; i < list.Length(); ++i) nodes.push_back(NumberOf(list.Get(i), "node", 1, kMostNumber));
    return nodes;
  }

  /** (handle, node, reader, size) */
  void Grant(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const uint64_t handle = NumberOf(info[0], "handle", 1, kMostNumber);
      const uint64_t node = NumberOf(info[1], "node", 1, kMostNumber);
      const uint64_t size = NumberOf(info[3], "size", 0, kMostNumber);
      session_->grants().Give(handle, std::make_shared<fuse::Content>(CubeReader::SourceOf(info[2]), node, size));
    });
  }

  /** (handle, slot, segments); nothing happens without a grant. */
  void Extend(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const auto content = session_->grants().Of(NumberOf(info[0], "handle", 1, kMostNumber));
      const uint64_t slot = NumberOf(info[1], "slot", 0, kMostNumber);
      std::vector<fuse::Segment> segments = SegmentsOf(info[2]);
      if (content != nullptr) content->SetSlot(slot, std::move(segments));
    });
  }

  void Revoke(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] { session_->grants().Revoke(NumberOf(info[0], "handle", 1, kMostNumber)); });
  }

  /** A file that is one cube; PreparedRecord of native/fuse-session.ts. */
  struct PreparedRecord {
    double node, size;
    uint8_t id[32], root[32];
  };
  static_assert(sizeof(PreparedRecord) == 80);

  /** (reader, records) */
  void Prepare(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const std::shared_ptr<CubeSource> source = CubeReader::SourceOf(info[0]);
      const Bytes records = BytesOf(info[1], "records");
      std::vector<std::shared_ptr<fuse::Content>> contents;
      for (size_t at = 0; at + sizeof(PreparedRecord) <= records.size; at += sizeof(PreparedRecord)) {
        PreparedRecord record;
        memcpy(&record, records.data + at, sizeof record);
        if (!(record.node >= 1 && record.node <= static_cast<double>(kMostNumber) && record.size >= 1 &&
              record.size <= static_cast<double>(kCube))) {
          throw Napi::RangeError::New(info.Env(), "records");
        }
        fuse::Segment segment{};
        memcpy(segment.cube.id.data(), record.id, sizeof record.id);
        memcpy(segment.cube.root.data(), record.root, sizeof record.root);
        segment.length = static_cast<size_t>(record.size);
        segment.cube.length = static_cast<uint32_t>(segment.length);
        contents.push_back(std::make_shared<fuse::Content>(source, static_cast<uint64_t>(record.node), segment.length));
        contents.back()->SetSlot(0, {segment});
      }
      for (const auto& content : contents) session_->grants().Prepare(content);
      session_->prefetch().Expect(std::move(contents));
    });
  }

  /** (nodes | null) */
  void Withdraw(const Napi::CallbackInfo& info) {
    Guarded(info.Env(), [&] {
      const auto nodes = NodesOf(info[0]);
      session_->grants().Withdraw(nodes ? &*nodes : nullptr);
    });
  }

  void Deliver(const Napi::CallbackInfo& info) { calls_->Deliver(info.Env()); }

  /** (nodes | null, entries): null stands for all that the kernel knows. */
  Napi::Value Invalidate(const Napi::CallbackInfo& info) {
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
      session_->known().Doubt(nodes ? &*nodes : nullptr);
      const auto completions = Environment::Of(info.Env()).completions();
      const Completions::Operation operation = completions->Begin(info.Env());
      session_->Invalidate(std::move(nodes), std::move(entries), [completions, ticket = operation.ticket] {
        completions->Post(ticket, [](Napi::Env env) -> Napi::Value { return env.Undefined(); });
      });
      return operation.promise;
    });
  }

  std::shared_ptr<fuse::Calls> calls_;
  std::shared_ptr<Session> session_;
};

}  // namespace

void InitFuse(Napi::Env env, Napi::Object exports) { exports.Set("FuseSession", FuseSession::Define(env)); }

}  // namespace sherin
