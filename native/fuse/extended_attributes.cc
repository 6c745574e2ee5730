#include "extended_attributes.h"

#include <errno.h>
#include <linux/xattr.h>
#include <string.h>

#include <utility>

#include "ask.h"

namespace sherin::fuse {
namespace {

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

/**
 * That the node is bare is forgotten twice: now, and with the answer, since an answer of before may tell it once more in between.
 */
void Setxattr(fuse_req_t request, fuse_ino_t node, const char* name, const char* value, size_t size, int flags) {
  if (Foreign(name)) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  Session& session = Of(request);
  session.Attributed(node);
  Call call = About(Op::Setxattr, node);
  call.name = name;
  call.other.emplace(value, size);
  call.flags = static_cast<uint32_t>(flags);
  Ask(request, std::move(call), {node, false});
}

void Removexattr(fuse_req_t request, fuse_ino_t node, const char* name) {
  if (Foreign(name)) {
    fuse_reply_err(request, EOPNOTSUPP);
    return;
  }
  Call call = About(Op::Removexattr, node);
  call.name = name;
  Ask(request, std::move(call));
}

}  // namespace

void AddExtendedAttributes(fuse_lowlevel_ops& table) {
  table.getxattr = Getxattr;
  table.listxattr = Listxattr;
  table.setxattr = Setxattr;
  table.removexattr = Removexattr;
}

}  // namespace sherin::fuse
