#pragma once
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "pending.h"

namespace sherin::fuse {

/** The largest number that JavaScript counts to exactly. */
constexpr uint64_t kMostNumber = (uint64_t{1} << 53) - 1;

/** What JavaScript is asked; the numbers are those of native/fuse-session.ts, which says what comes with each. */
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
  Release = 9,  // nothing to answer; with others in Noted
  Opendir = 10,
  Readdir = 11,
  Readdirplus = 12,
  Releasedir = 13,  // nothing to answer
  Getxattr = 14,
  Listxattr = 15,
  Statfs = 16,
  Setattr = 17,
  Create = 18,
  Opened = 19,  // a prepared node was opened under `handle`, by the program `name`; nothing to answer; with others in Noted
  Mknod = 20,
  Mkdir = 21,
  Unlink = 22,
  Rmdir = 23,
  Symlink = 24,
  Rename = 25,
  Link = 26,
  Write = 27,  // its data waits in Pending
  Flush = 28,
  Fsync = 29,
  Fsyncdir = 30,
  Setxattr = 31,
  Removexattr = 32,
  Fallocate = 33,
  Lseek = 34,
  CopyFileRange = 35,
  Rewritten = 36,  // blocks were written to what was let be rewritten; nothing to answer
  Noted = 37,  // several of Opened and Release; nothing to answer
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
  /** A second name, a target or a value, which may be empty. */
  std::optional<std::string> other{};
  /** Numbers for which the fields above have no place. */
  std::vector<double> more{};
  /** It wants no answer and may wait for others: JavaScript is not woken for it alone. */
  bool patient = false;
};

/** Takes a call on any thread and does not wait; calls arrive in order. */
using Upcall = std::function<void(Call)>;

}  // namespace sherin::fuse
