#include <errno.h>
#include <string.h>

#include "../arguments.h"
#include "../error.h"
#include "../work/when_done.h"
#include "answers.h"
#include "session_object.h"

namespace sherin::fuse {
namespace {

Attributes AttributesOf(const Napi::Value& value) {
  Attributes attributes;
  const Bytes bytes = BytesOf(value, "attributes", sizeof attributes);
  memcpy(&attributes, bytes.data, sizeof attributes);
  return attributes;
}

/** handle, keepCache, direct, from an argument on. */
fuse_file_info OpenedOf(const Napi::CallbackInfo& info, size_t first) {
  fuse_file_info file{};
  file.fh = NumberOf(info[first], "handle", 1, kMostNumber);
  file.keep_cache = BooleanOf(info[first + 1], "keepCache");
  file.direct_io = BooleanOf(info[first + 2], "direct");
  return file;
}

}  // namespace

Pending::Id SessionObject::IdOf(const Napi::CallbackInfo& info) { return NumberOf(info[0], "id", 1, kMostNumber); }

fuse_req_t SessionObject::Take(const Napi::CallbackInfo& info, Pending::About* about) {
  return session_->pending().Take(IdOf(info), about);
}

/** (id): for a worker, which answers as soon as its work is done. */
Napi::Value SessionObject::Success(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Pending::Id id = IdOf(info);
    return WhenDoneFor(info.Env(), {[session = session_, id] { session->Succeed(id); },
                                    [session = session_, id](std::function<void()>& job) {
                                      return session->Carry(id, job);
                                    }});
  });
}

/** (id, errno); false when nobody waits for it any more. */
Napi::Value SessionObject::Fail(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int error = static_cast<int>(NumberOf(info[1], "errno", 0, 4095));
    Pending::About about;
    const fuse_req_t request = Take(info, &about);
    if (request != nullptr && error == 0 && about.attributed != 0) session_->Attributed(about.attributed);
    return Napi::Boolean::New(info.Env(), request != nullptr && fuse_reply_err(request, error) == 0);
  });
}

/** (id, Float64Array of Attributes) */
void SessionObject::AnswerEntry(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Attributes attributes = AttributesOf(info[1]);
    Introduce(info, attributes, [](fuse_req_t request, const fuse_entry_param& entry) {
      return fuse_reply_entry(request, &entry) == 0;
    });
  });
}

/** (id, Float64Array of Attributes, handle, keepCache, direct); false when the file is to be closed. */
Napi::Value SessionObject::AnswerCreate(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const Attributes attributes = AttributesOf(info[1]);
    const fuse_file_info file = OpenedOf(info, 2);
    const bool told = Introduce(info, attributes, [&](fuse_req_t request, const fuse_entry_param& entry) {
      return fuse_reply_create(request, &entry, &file) == 0;
    });
    return Napi::Boolean::New(info.Env(), told);
  });
}

/** Answers with a node; false when nobody was told of it. */
template <typename Reply>
bool SessionObject::Introduce(const Napi::CallbackInfo& info, const Attributes& attributes, Reply reply) {
  const fuse_entry_param entry = EntryOf(attributes);
  const fuse_req_t request = Take(info);
  // Counted before the kernel can forget it; it takes no reference where nobody waits any more.
  if (request != nullptr && entry.ino != 0) session_->known().Add(entry.ino, attributes.bare != 0, IdOf(info));
  if (request != nullptr && reply(request, entry)) return true;
  if (request != nullptr && entry.ino != 0) session_->known().Forget(entry.ino, 1);
  Untold(entry.ino);
  return false;
}

/** A node that an answer was to tell of and did not: JavaScript has it in its table, and no forget would come. */
void SessionObject::Untold(uint64_t node) {
  if (node == 0 || session_->known().Has(node)) return;
  Call call{Op::Forget};
  call.node = node;
  calls_->Post(std::move(call));
}

/** (id, Float64Array of Attributes); false when nobody waits for it any more. */
Napi::Value SessionObject::AnswerAttributes(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const fuse_entry_param entry = EntryOf(AttributesOf(info[1]));
    const fuse_req_t request = Take(info);
    const bool told = request != nullptr && fuse_reply_attr(request, &entry.attr, entry.attr_timeout) == 0;
    return Napi::Boolean::New(info.Env(), told);
  });
}

/** (id, handle, keepCache, direct); false when the open came to nothing: its handle is to be closed. */
Napi::Value SessionObject::AnswerOpen(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    fuse_file_info file = OpenedOf(info, 1);
    Pending::About about;
    const fuse_req_t request = Take(info, &about);
    file.noflush = about.reads;  // a close would ask for nothing
    return Napi::Boolean::New(info.Env(), request != nullptr && fuse_reply_open(request, &file) == 0);
  });
}

/** (id, handle, cached, kept) */
Napi::Value SessionObject::AnswerOpendir(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    fuse_file_info directory{};
    directory.fh = NumberOf(info[1], "handle", 1, kMostNumber);
    directory.cache_readdir = BooleanOf(info[2], "cached");
    directory.keep_cache = BooleanOf(info[3], "kept");
    const fuse_req_t request = Take(info);
    return Napi::Boolean::New(info.Env(), request != nullptr && fuse_reply_open(request, &directory) == 0);
  });
}

/** (id, packed entries, size, plus) */
void SessionObject::AnswerDirectory(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Bytes packed = BytesOf(info[1], "entries");
    const size_t size = NumberOf(info[2], "size", 0, kCube);
    const bool plus = BooleanOf(info[3], "plus");
    const fuse_req_t request = Take(info);
    if (request != nullptr && ReplyDirectory(request, IdOf(info), packed, size, plus)) return;
    PackedEntries entries(packed.data, packed.size);
    PackedEntry entry;
    const char* name = nullptr;
    while (plus && entries.Next(entry, name)) Untold(static_cast<uint64_t>(entry.attributes.node));
  });
}

/** False when an entry did not get to the kernel. */
bool SessionObject::ReplyDirectory(fuse_req_t request, Pending::Id id, Bytes packed, size_t size, bool plus) {
  std::vector<char> list(size);
  std::vector<std::pair<uint64_t, bool>> counted;
  PackedEntries entries(packed.data, packed.size);
  PackedEntry entry;
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
  for (const auto& [node, bare] : counted) session_->known().Add(node, bare, id);
  if (fuse_reply_buf(request, list.data(), used) == 0) return whole;
  for (const auto& [node, bare] : counted) session_->known().Forget(node, 1);
  return false;
}

/** (id, bytes, length): the content of a read or the value of an attribute. */
void SessionObject::AnswerBytes(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Bytes bytes = BytesOf(info[1], "bytes");
    const size_t length = NumberOf(info[2], "length", 0, bytes.size);
    const fuse_req_t request = Take(info);
    if (request != nullptr) fuse_reply_buf(request, reinterpret_cast<const char*>(bytes.data), length);
  });
}

/** (id, target) */
void SessionObject::AnswerLink(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Bytes bytes = BytesOf(info[1], "target");
    const std::string target(reinterpret_cast<const char*>(bytes.data), bytes.size);
    if (const fuse_req_t request = Take(info)) fuse_reply_readlink(request, target.c_str());
  });
}

/** (id, size): what an attribute would need. */
void SessionObject::AnswerSize(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const size_t size = NumberOf(info[1], "size", 0, UINT32_MAX);
    if (const fuse_req_t request = Take(info)) fuse_reply_xattr(request, size);
  });
}

/** (id, Float64Array of Space) */
void SessionObject::AnswerSpace(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    Space space;
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

/** (id, size): bytes that were written; false when nobody waits for it any more. */
Napi::Value SessionObject::AnswerWrite(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const size_t size = NumberOf(info[1], "size", 0, UINT32_MAX);
    const fuse_req_t request = Take(info);
    return Napi::Boolean::New(info.Env(), request != nullptr && fuse_reply_write(request, size) == 0);
  });
}

/** (id, offset) */
void SessionObject::AnswerOffset(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const uint64_t offset = NumberOf(info[1], "offset", 0, kMostNumber);
    if (const fuse_req_t request = Take(info)) fuse_reply_lseek(request, static_cast<off_t>(offset));
  });
}

}  // namespace sherin::fuse
