#pragma once
#include <cstdint>
#include <functional>
#include <string>

#include "pending.h"

namespace sherin::fuse {

/** What JavaScript is asked; the numbers are those of native/fuse-session.ts. */
enum class Op : uint32_t {
  Ready = 0,  // the kernel has said hello; nothing to answer
  Ended = 1,  // the connection is gone; nothing to answer
  Forget = 2,  // a node that the kernel knows no more; nothing to answer
  Expired = 3,  // `size` requests were answered ETIMEDOUT; nothing to answer
  Lookup = 4,
  Getattr = 5,
  Readlink = 6,
  Open = 7,
  Read = 8,
  Release = 9,  // nothing to answer
  Opendir = 10,
  Readdir = 11,
  Readdirplus = 12,
  Releasedir = 13,  // nothing to answer
  Getxattr = 14,
  Listxattr = 15,
  Statfs = 16,
  ChangeXattr = 17,
  Change = 18,
  Opened = 19,  // a prepared node was opened under `handle`, by the program `name`; nothing to answer
};

/** A request of the kernel on its way to JavaScript; fields that an operation lacks are zero. */
struct Call {
  Op op;
  Pending::Id id = 0;
  uint64_t node = 0;
  uint32_t uid = 0, gid = 0;
  int32_t pid = 0;
  uint64_t handle = 0;
  uint64_t offset = 0;
  uint64_t size = 0;
  uint32_t flags = 0;
  std::string name{};
  /** It wants no answer and may wait for others: JavaScript is not woken for it alone. */
  bool patient = false;
};

/** Takes a call on any thread and does not wait; calls arrive in order. */
using Upcall = std::function<void(Call)>;

}  // namespace sherin::fuse
