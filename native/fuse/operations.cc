#include "operations.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/xattr.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>

#include "session.h"

namespace sherin::fuse {
namespace {

/** Bytes of the largest write and listing, and what the kernel reads ahead: 256 pages, its most (FUSE_MAX_MAX_PAGES). */
constexpr unsigned kLargest = 1024 * 1024;
/** Requests that the kernel sends on its own account, such as read-ahead, at one time. */
constexpr unsigned kBackground = 64;

Session& Of(fuse_req_t request) { return *static_cast<Session*>(fuse_req_userdata(request)); }

/** Hands a request to JavaScript. */
void Ask(fuse_req_t request, Call call) {
  Session& session = Of(request);
  const fuse_ctx& caller = *fuse_req_ctx(request);
  call.uid = caller.uid;
  call.gid = caller.gid;
  call.pid = caller.pid;
  call.id = session.pending().Add(request);
  session.upcall()(std::move(call));
}

Call About(Op op, fuse_ino_t node) {
  Call call{op};
  call.node = node;
  return call;
}

Call About(Op op, fuse_ino_t node, const fuse_file_info* file) {
  Call call = About(op, node);
  if (file != nullptr) {
    call.handle = file->fh;
    call.flags = static_cast<uint32_t>(file->flags);
  }
  return call;
}

void Init(void* data, fuse_conn_info* connection) {
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
  // Opening decides who may, truncating is a change of its own.
  set(FUSE_CAP_ATOMIC_O_TRUNC, false);
  set(FUSE_CAP_READDIRPLUS, true);
  set(FUSE_CAP_READDIRPLUS_AUTO, true);
  set(FUSE_CAP_CACHE_SYMLINKS, true);
  set(FUSE_CAP_ASYNC_DIO, true);
  // Requests are small and answers are made in memory: splicing costs more than it saves.
  set(FUSE_CAP_SPLICE_READ | FUSE_CAP_SPLICE_WRITE | FUSE_CAP_SPLICE_MOVE, false);
  static_cast<Session*>(data)->upcall()({Op::Ready});
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
  if (fuse_reply_open(request, file) != 0) session.Tell(About(Op::Release, node, file));
  return true;
}

void Open(fuse_req_t request, fuse_ino_t node, fuse_file_info* file) {
  if (!Opened(Of(request), request, node, file)) Ask(request, About(Op::Open, node, file));
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

/** ACLs and what only the kernel sets: asked for each file that `ls -l` lists, and never there. */
bool Foreign(const char* name) {
  return strncmp(name, "system.posix_acl_", strlen("system.posix_acl_")) == 0 ||
         strncmp(name, XATTR_TRUSTED_PREFIX, XATTR_TRUSTED_PREFIX_LEN) == 0;
}

/**
 * The label of a file, which SELinux gives a FUSE mount as a whole. `ls -l` asks for that of every file it lists, unless it is told
 * that the file system has none.
 */
bool Label(const char* name) { return strcmp(name, XATTR_NAME_SELINUX) == 0; }

/** user.sherin.*, which every file has and no list shows. */
bool Generated(const char* name) { return strncmp(name, "user.sherin.", strlen("user.sherin.")) == 0; }

void Getxattr(fuse_req_t request, fuse_ino_t node, const char* name, size_t size) {
  if (Foreign(name)) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  if (!Generated(name) && Of(request).known().Bare(node)) {
    fuse_reply_err(request, Label(name) ? EOPNOTSUPP : ENODATA);
    return;
  }
  Call call = About(Op::Getxattr, node);
  call.size = size;
  call.name = name;
  Ask(request, std::move(call));
}

void Listxattr(fuse_req_t request, fuse_ino_t node, size_t size) {
  Call call = About(Op::Listxattr, node);
  call.size = size;
  Ask(request, std::move(call));
}

void Statfs(fuse_req_t request, fuse_ino_t node) { Ask(request, About(Op::Statfs, node)); }

void ChangeXattr(fuse_req_t request, fuse_ino_t node, const char* name) {
  Call call = About(Op::ChangeXattr, node);
  call.name = name;
  Ask(request, std::move(call));
}

void Change(fuse_req_t request, fuse_ino_t node) { Ask(request, About(Op::Change, node)); }

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
  table.getxattr = Getxattr;
  table.listxattr = Listxattr;
  table.statfs = Statfs;
  table.setxattr = [](fuse_req_t request, fuse_ino_t node, const char* name, const char*, size_t, int) {
    ChangeXattr(request, node, name);
  };
  table.removexattr = ChangeXattr;
  table.setattr = [](fuse_req_t request, fuse_ino_t node, struct stat*, int, fuse_file_info*) {
    Change(request, node);
  };
  table.mknod = [](fuse_req_t request, fuse_ino_t node, const char*, mode_t, dev_t) { Change(request, node); };
  table.mkdir = [](fuse_req_t request, fuse_ino_t node, const char*, mode_t) { Change(request, node); };
  table.unlink = [](fuse_req_t request, fuse_ino_t node, const char*) { Change(request, node); };
  table.rmdir = [](fuse_req_t request, fuse_ino_t node, const char*) { Change(request, node); };
  table.symlink = [](fuse_req_t request, const char*, fuse_ino_t node, const char*) { Change(request, node); };
  table.rename = [](fuse_req_t request, fuse_ino_t node, const char*, fuse_ino_t, const char*, unsigned) {
    Change(request, node);
  };
  table.link = [](fuse_req_t request, fuse_ino_t node, fuse_ino_t, const char*) { Change(request, node); };
  table.create = [](fuse_req_t request, fuse_ino_t node, const char*, mode_t, fuse_file_info*) {
    Change(request, node);
  };
  table.write = [](fuse_req_t request, fuse_ino_t node, const char*, size_t, off_t, fuse_file_info*) {
    Change(request, node);
  };
  table.fallocate = [](fuse_req_t request, fuse_ino_t node, int, off_t, off_t, fuse_file_info*) {
    Change(request, node);
  };
  return table;
}

}  // namespace

const fuse_lowlevel_ops& Operations() {
  static const fuse_lowlevel_ops table = Table();
  return table;
}

}  // namespace sherin::fuse
