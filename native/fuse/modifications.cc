#include "modifications.h"

#include <errno.h>
#include <sys/stat.h>

#include <utility>

#include "ask.h"
#include "kill_priv.h"

namespace sherin::fuse {
namespace {

Call Named(Op op, fuse_ino_t parent, const char* name) {
  Call call = About(op, parent);
  call.name = name;
  return call;
}

double UmaskOf(fuse_req_t request) { return fuse_req_ctx(request)->umask; }

void Setattr(fuse_req_t request, fuse_ino_t node, struct stat* to, int valid, fuse_file_info* file) {
  if ((valid & FUSE_SET_ATTR_SIZE) != 0 && static_cast<uint64_t>(to->st_size) > kMostNumber) {
    fuse_reply_err(request, EFBIG);
    return;
  }
  Call call = About(Op::Setattr, node, file);
  call.flags = DropsPrivileges() ? 1 : 0;
  const auto number = [](auto value) { return static_cast<double>(value); };
  call.more = {number(valid),
               number(to->st_mode),
               number(to->st_uid),
               number(to->st_gid),
               number(to->st_size),
               number(to->st_atim.tv_sec),
               number(to->st_atim.tv_nsec),
               number(to->st_mtim.tv_sec),
               number(to->st_mtim.tv_nsec),
               number(to->st_ctim.tv_sec),
               number(to->st_ctim.tv_nsec)};
  Ask(request, std::move(call));
}

void Create(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, fuse_file_info* file) {
  Call call = Named(Op::Create, parent, name);
  call.flags = static_cast<uint32_t>(file->flags);
  call.more = {static_cast<double>(mode), UmaskOf(request)};
  Ask(request, std::move(call));
}

void Mknod(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode, dev_t device) {
  Call call = Named(Op::Mknod, parent, name);
  call.more = {static_cast<double>(mode), UmaskOf(request), static_cast<double>(device)};
  Ask(request, std::move(call));
}

void Mkdir(fuse_req_t request, fuse_ino_t parent, const char* name, mode_t mode) {
  Call call = Named(Op::Mkdir, parent, name);
  call.more = {static_cast<double>(mode), UmaskOf(request)};
  Ask(request, std::move(call));
}

void Unlink(fuse_req_t request, fuse_ino_t parent, const char* name) { Ask(request, Named(Op::Unlink, parent, name)); }

void Rmdir(fuse_req_t request, fuse_ino_t parent, const char* name) { Ask(request, Named(Op::Rmdir, parent, name)); }

void Symlink(fuse_req_t request, const char* target, fuse_ino_t parent, const char* name) {
  Call call = Named(Op::Symlink, parent, name);
  call.other = target;
  Ask(request, std::move(call));
}

void Rename(fuse_req_t request, fuse_ino_t parent, const char* name, fuse_ino_t new_parent, const char* new_name,
            unsigned flags) {
  Call call = Named(Op::Rename, parent, name);
  call.other = new_name;
  call.flags = flags;
  call.more = {static_cast<double>(new_parent)};
  Ask(request, std::move(call));
}

void Link(fuse_req_t request, fuse_ino_t node, fuse_ino_t new_parent, const char* new_name) {
  Call call = Named(Op::Link, node, new_name);
  call.more = {static_cast<double>(new_parent)};
  Ask(request, std::move(call));
}

}  // namespace

void AddModifications(fuse_lowlevel_ops& table) {
  table.setattr = Setattr;
  table.create = Create;
  table.mknod = Mknod;
  table.mkdir = Mkdir;
  table.unlink = Unlink;
  table.rmdir = Rmdir;
  table.symlink = Symlink;
  table.rename = Rename;
  table.link = Link;
}

}  // namespace sherin::fuse
