#include "writes.h"

#include <errno.h>
#include <fcntl.h>

#include <algorithm>
#include <new>
#include <utility>

#include "ask.h"
#include "kill_priv.h"

namespace sherin::fuse {
namespace {

/** Whether a range has bytes that JavaScript can't number: it would take their place for another. */
bool Beyond(off_t offset, uint64_t size) {
  const auto start = static_cast<uint64_t>(offset);
  return start > kMostNumber || size > kMostNumber - start;
}

/**
 * Whether a write goes to the end of the file, wherever the kernel has that: of each mount it knows the size that it was told last, and asks for no
 * other before it appends. Not with O_DIRECT: the parts of one such write are under way side by side, and only their offsets tell their order.
 * A write with RWF_NOAPPEND (pwritev2(2)) can not be told apart, and goes to the end, too.
 */
bool Appends(const fuse_file_info* file) { return (file->flags & (O_APPEND | O_DIRECT)) == O_APPEND; }

void Write(fuse_req_t request, fuse_ino_t node, const char* bytes, size_t size, off_t offset, fuse_file_info* file) {
  if (Beyond(offset, size)) {
    fuse_reply_err(request, EFBIG);
    return;
  }
  const bool appends = Appends(file);
  if (const auto rewrites = Of(request).rewriting().OfHandle(node, file->fh);
      rewrites != nullptr && !appends && rewrites->Write(static_cast<uint64_t>(offset), reinterpret_cast<const uint8_t*>(bytes), size)) {
    if (rewrites->Announce()) Of(request).Tell(About(Op::Rewritten, node, file));
    fuse_reply_write(request, size);
    return;
  }
  Pending::Data data;
  try {
    data = Of(request).data().Keep(bytes, size);
  } catch (const std::bad_alloc&) {
    fuse_reply_err(request, ENOMEM);
    return;
  }
  Call call = About(Op::Write, node, file);
  call.offset = static_cast<uint64_t>(offset);
  call.size = size;
  call.flags = (DropsPrivileges() ? 1U : 0U) | (appends ? 2U : 0U);
  Ask(request, std::move(call), {}, std::move(data));
}

/** What was written is with JavaScript already; of what was opened here, to be read, nothing can be flushed. */
void Flush(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  if (file->fh >= Grants::kFirstHandle || !Of(request).late()) {
    fuse_reply_err(request, 0);
    return;
  }
  Call call = About(Op::Flush, node, file);
  call.flags = 0;
  Ask(request, std::move(call));
}

void Sync(Op op, fuse_req_t request, fuse_ino_t node, int data_only, const fuse_file_info* file) {
  Call call = About(op, node, file);
  call.flags = data_only != 0 ? 1 : 0;
  Ask(request, std::move(call));
}

void Fsync(fuse_req_t request, fuse_ino_t node, int data_only, fuse_file_info* file) {
  if (const auto rewrites = Of(request).rewriting().OfNode(node); rewrites != nullptr && rewrites->Sync()) {
    fuse_reply_err(request, 0);
    return;
  }
  Sync(Op::Fsync, request, node, data_only, file);
}

void Fsyncdir(fuse_req_t request, fuse_ino_t node, int data_only, fuse_file_info* file) {
  Sync(Op::Fsyncdir, request, node, data_only, file);
}

void Fallocate(fuse_req_t request, fuse_ino_t node, int mode, off_t offset, off_t length, fuse_file_info* file) {
  auto size = static_cast<uint64_t>(length);
  if (Beyond(offset, size)) {
    // A hole may go on behind the end of any file.
    if ((mode & FALLOC_FL_PUNCH_HOLE) == 0 || Beyond(offset, 0)) {
      fuse_reply_err(request, EFBIG);
      return;
    }
    size = kMostNumber - static_cast<uint64_t>(offset);
  }
  Call call = About(Op::Fallocate, node, file);
  call.offset = static_cast<uint64_t>(offset);
  call.size = size;
  call.flags = static_cast<uint32_t>(mode);
  Ask(request, std::move(call));
}

void Lseek(fuse_req_t request, fuse_ino_t node, off_t offset, int whence, fuse_file_info* file) {
  if (Beyond(offset, 0)) {
    fuse_reply_err(request, ENXIO);  // behind the end of any file
    return;
  }
  Call call = About(Op::Lseek, node, file);
  call.offset = static_cast<uint64_t>(offset);
  call.flags = static_cast<uint32_t>(whence);
  Ask(request, std::move(call));
}

void CopyFileRange(fuse_req_t request, fuse_ino_t node_in, off_t offset_in, fuse_file_info* file_in, fuse_ino_t node_out,
                   off_t offset_out, fuse_file_info* file_out, size_t length, int flags) {
  if (Beyond(offset_in, length) || Beyond(offset_out, length)) {
    fuse_reply_err(request, EFBIG);
    return;
  }
  Call call = About(Op::CopyFileRange, node_in, file_in);
  call.offset = static_cast<uint64_t>(offset_in);
  call.size = length;
  call.flags = static_cast<uint32_t>(flags);
  call.more = {static_cast<double>(node_out), static_cast<double>(file_out->fh), static_cast<double>(offset_out)};
  Ask(request, std::move(call));
}

}  // namespace

void AddWrites(fuse_lowlevel_ops& table) {
  table.write = Write;
  table.flush = Flush;
  table.fsync = Fsync;
  table.fsyncdir = Fsyncdir;
  table.fallocate = Fallocate;
  table.lseek = Lseek;
  table.copy_file_range = CopyFileRange;
}

}  // namespace sherin::fuse
