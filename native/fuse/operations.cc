#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include <algorithm>

#include "ask.h"
#include "extended_attributes.h"
#include "kill_priv.h"
#include "modifications.h"
#include "writes.h"

namespace sherin::fuse {
namespace {

/** Bytes of the largest write and listing, and what the kernel reads ahead: 256 pages, its most (FUSE_MAX_MAX_PAGES). */
constexpr unsigned kLargest = 1024 * 1024;
/** Requests that the kernel sends on its own account, such as read-ahead, at one time. */
constexpr unsigned kBackground = 64;

void Init(void* data, fuse_conn_info* connection) {
  Session& session = *static_cast<Session*>(data);
  connection->max_write = kLargest;  // libfuse derives max_pages from it
  connection->max_read = kLargestRead;  // as the mount option says
  connection->max_readahead = std::max(connection->max_readahead, kLargest);
  connection->max_background = kBackground;
  connection->congestion_threshold = kBackground * 3 / 4;
  connection->time_gran = 1;
  const auto set = [&](unsigned capability, bool wanted) {
    if (wanted) {
      connection->want |= connection->capable & capability;
    } else {
      connection->want &= ~capability;
    }
  };
  // Content has versions and is dropped by word of this process alone.
  set(FUSE_CAP_EXPLICIT_INVAL_DATA, true);
  set(FUSE_CAP_AUTO_INVAL_DATA, (connection->capable & FUSE_CAP_EXPLICIT_INVAL_DATA) == 0);
  // Opening truncates as well: one request, and none that is refused after the other was granted.
  set(FUSE_CAP_ATOMIC_O_TRUNC, true);
  // With it the kernel would keep the size of a file to itself, which a put or restore may change.
  set(FUSE_CAP_WRITEBACK_CACHE, false);
  // Its better way is told by AnswersHello.
  set(FUSE_CAP_HANDLE_KILLPRIV, false);
  set(FUSE_CAP_READDIRPLUS, true);
  set(FUSE_CAP_READDIRPLUS_AUTO, true);
  set(FUSE_CAP_CACHE_SYMLINKS, true);
  set(FUSE_CAP_ASYNC_DIO, true);
  // Requests are small and answers are made in memory: splicing costs more than it saves.
  set(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE, false);
  AnswersHello();
  session.upcall()({Op::Ready});
}

void Lookup(fuse_req_t request, fuse_ino_t parent, const char* name) {
  Call call = About(Op::Lookup, parent);
  call.name = name;
  Ask(request, std::move(call));
}

void ForgetOne(Session& session, fuse_ino_t node, uint64_t lookups) {
  if (session.known().Forget(node, lookups)) session.upcall()(About(Op::Forget, node));
}

void Forget(fuse_req_t request, fuse_ino_t node, uint64_t lookups) {
  ForgetOne(Of(request), node, lookups);
  fuse_reply_none(request);
}

void ForgetMulti(fuse_req_t request, size_t count, fuse_forget_data* forgets) {
  for (size_t i = 0; i < count; ++i) ForgetOne(Of(request), forgets[i].ino, forgets[i].nlookup);
  fuse_reply_none(request);
}

void Getattr(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  Ask(request, About(Op::Getattr, node, file));
}

void Readlink(fuse_req_t request, fuse_ino_t node) { Ask(request, About(Op::Readlink, node)); }

/** Path of the program of a process; empty when it is gone or hidden. */
std::string ProgramOf(pid_t pid) {
  char path[PATH_MAX];
  const ssize_t length = readlink(("/proc/" + std::to_string(pid) + "/exe").c_str(), path, sizeof path);
  return length < 0 ? "" : std::string(path, static_cast<size_t>(length));
}

/** Opens what was prepared; false when JavaScript has to. */
bool Opened(Session& session, fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  if ((file->flags & (O_ACCMODE | O_TRUNC)) != O_RDONLY) return false;
  const fuse_ctx& caller = *fuse_req_ctx(request);
  Call call = About(Op::Opened, node, file);
  call.uid = caller.uid;
  call.gid = caller.gid;
  call.pid = caller.pid;
  call.name = ProgramOf(caller.pid);
  // Before the answer: a read or release that follows comes behind it.
  file->fh = session.grants().Open(node, [&](uint64_t handle) {
    call.handle = handle;
    session.Tell(std::move(call));
  });
  if (file->fh == 0) return false;
  file->keep_cache = true;
  file->noflush = true;
  if (fuse_reply_open(request, file) != 0) session.Tell(About(Op::Release, node, file));
  return true;
}

void Open(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  if (Opened(Of(request), request, node, file)) return;
  Call call = About(Op::Open, node, file);
  if (DropsPrivileges()) call.more = {1};
  Ask(request, std::move(call), {0, (file->flags & (O_ACCMODE | O_TRUNC)) == O_RDONLY});
}

bool Served(Session& session, fuse_req_t request, uint64_t offset, size_t size, uint64_t handle) {
  try {
    const std::shared_ptr<Content> content = session.grants().Of(handle);
    return content != nullptr && session.reads().Serve(request, content, offset, size);
  } catch (const std::exception&) {  // no memory: nothing was answered
    return false;
  }
}

void Read(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, fuse_file_info* file) {
  Session& session = Of(request);
  if (Served(session, request, static_cast<uint64_t>(offset), size, file->fh)) return;
  Call call = About(Op::Read, node, file);
  call.offset = static_cast<uint64_t>(offset);
  call.size = std::min<size_t>(size, kLargestRead);
  Ask(request, std::move(call));
}

/** Nobody waits for the answer of a release. */
void Release(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  Of(request).grants().Revoke(file->fh);
  Of(request).Tell(About(Op::Release, node, file));
  fuse_reply_err(request, 0);
}

void Opendir(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  Ask(request, About(Op::Opendir, node, file));
}

void List(Op op, fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, const fuse_file_info* file) {
  Call call = About(op, node, file);
  call.offset = static_cast<uint64_t>(offset);
  call.size = std::min<size_t>(size, kLargest);
  Ask(request, std::move(call));
}

void Readdir(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, fuse_file_info* file) {
  List(Op::Readdir, request, node, size, offset, file);
}

void Readdirplus(fuse_req_t request, fuse_ino_t node, size_t size, off_t offset, fuse_file_info* file) {
  List(Op::Readdirplus, request, node, size, offset, file);
}

void Releasedir(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  Of(request).upcall()(About(Op::Releasedir, node, file));
  fuse_reply_err(request, 0);
}

void Statfs(fuse_req_t request, fuse_ino_t node) { Ask(request, About(Op::Statfs, node)); }

fuse_lowlevel_ops Table() {
  fuse_lowlevel_ops table{};
  table.init = Init;
  table.lookup = Lookup;
  table.forget = Forget;
  table.forget_multi = ForgetMulti;
  table.getattr = Getattr;
  table.readlink = Readlink;
  table.open = Open;
  table.read = Read;
  table.release = Release;
  table.opendir = Opendir;
  table.readdir = Readdir;
  table.readdirplus = Readdirplus;
  table.releasedir = Releasedir;
  table.statfs = Statfs;
  AddExtendedAttributes(table);
  AddModifications(table);
  AddWrites(table);
  return table;
}

}  // namespace

const fuse_lowlevel_ops& Operations() {
  static const fuse_lowlevel_ops table = Table();
  return table;
}

}  // namespace sherin::fuse
