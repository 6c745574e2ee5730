// Attributes of local files that Node's fs does not reach. Nothing here follows a symbolic link at the end of a path; a
// descriptor, also one of O_PATH, means the very file that it was opened for.
#include "files.h"

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <string>
#include <vector>

#include "failure.h"

namespace sherin {
namespace {

using ipc::SystemError;

std::string BytesArgument(const Napi::Value& value, const char* what) {
  if (!value.IsBuffer()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a Buffer");
  const auto buffer = value.As<Napi::Buffer<char>>();
  std::string bytes(buffer.Data(), buffer.Length());
  if (bytes.empty() || bytes.find('\0') != std::string::npos) {
    throw Napi::TypeError::New(value.Env(), std::string(what) + " must hold no zero byte and not be empty");
  }
  return bytes;
}

struct Target {
  std::string path;
  /** Whether the path is the kernel's own link to an open file (proc_pid_fd(5)), and followed. */
  bool open;
};

Target TargetArgument(const Napi::Value& value) {
  if (!value.IsNumber()) return {BytesArgument(value, "path"), false};
  return {"/proc/self/fd/" + std::to_string(value.As<Napi::Number>().Int32Value()), true};
}

bool StartsWith(const std::string& text, const char* prefix) { return text.rfind(prefix, 0) == 0; }

/**
 * `user.sherin.*` is Sherin's own view of a file, and ACLs have no place in the vault. `security.*` and `trusted.*` are root's.
 */
bool Wanted(const std::string& name) {
  if (StartsWith(name, "user.sherin.")) return false;
  if (StartsWith(name, "user.")) return true;
  return StartsWith(name, "security.") && geteuid() == 0;
}

/** True when the list or value went away or the file system has none: nothing to report. */
bool NoAttributes(int number) { return number == ENOTSUP || number == ENODATA || number == ENOSYS; }

/** The names of a path's attributes, empty when its file system keeps none. */
std::vector<std::string> Names(Napi::Env env, const std::string& path) {
  std::vector<char> list(1024);
  ssize_t length = -1;
  while ((length = llistxattr(path.c_str(), list.data(), list.size())) < 0) {
    if (NoAttributes(errno)) return {};
    if (errno != ERANGE || list.size() > XATTR_LIST_MAX) throw SystemError(env, errno, "llistxattr");
    list.resize(list.size() * 4);
  }
  std::vector<std::string> names;
  for (ssize_t at = 0; at < length;) {
    names.emplace_back(list.data() + at);
    at += static_cast<ssize_t>(names.back().size()) + 1;
  }
  return names;
}

/** The pairs [name, value]; attributes that this user may not read are left out. */
Napi::Value Xattrs(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = BytesArgument(info[0], "path");
  Napi::Array pairs = Napi::Array::New(env);
  std::vector<char> value;
  for (const std::string& name : Names(env, path)) {
    if (!Wanted(name)) continue;
    value.resize(XATTR_SIZE_MAX);
    const ssize_t length = lgetxattr(path.c_str(), name.c_str(), value.data(), value.size());
    if (length < 0 && (NoAttributes(errno) || errno == EACCES || errno == EPERM)) continue;
    if (length < 0) throw SystemError(env, errno, "lgetxattr");
    Napi::Array pair = Napi::Array::New(env, 2);
    pair.Set(0u, Napi::Buffer<char>::Copy(env, name.data(), name.size()));
    pair.Set(1u, Napi::Buffer<char>::Copy(env, value.data(), static_cast<size_t>(length)));
    pairs.Set(pairs.Length(), pair);
  }
  return pairs;
}

void SetXattr(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Target target = TargetArgument(info[0]);
  const std::string name = BytesArgument(info[1], "name");
  if (!info[2].IsBuffer()) throw Napi::TypeError::New(env, "value must be a Buffer");
  const auto value = info[2].As<Napi::Buffer<char>>();
  const auto set = target.open ? setxattr : lsetxattr;
  if (set(target.path.c_str(), name.c_str(), value.Data(), value.Length(), 0) != 0) {
    throw SystemError(env, errno, "setxattr");
  }
}

/** Nanoseconds since 1970 as a timespec; the remainder of times before 1970 is kept positive. */
timespec TimeArgument(const Napi::Value& value, const char* what) {
  if (!value.IsBigInt()) throw Napi::TypeError::New(value.Env(), std::string(what) + " must be a bigint");
  bool lossless = false;
  const int64_t time = value.As<Napi::BigInt>().Int64Value(&lossless);
  if (!lossless) throw Napi::RangeError::New(value.Env(), std::string(what) + " does not fit 64 bits");
  constexpr int64_t second = 1000000000;
  const int64_t rest = ((time % second) + second) % second;
  return timespec{static_cast<time_t>((time - rest) / second), static_cast<long>(rest)};
}

void SetTimes(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Target target = TargetArgument(info[0]);
  const timespec times[2] = {TimeArgument(info[1], "atime"), TimeArgument(info[2], "mtime")};
  const int flags = target.open ? 0 : AT_SYMLINK_NOFOLLOW;
  if (utimensat(AT_FDCWD, target.path.c_str(), times, flags) != 0) throw SystemError(env, errno, "utimensat");
}

void MakeNode(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = BytesArgument(info[0], "path");
  const std::string kind = info[1].IsString() ? info[1].As<Napi::String>().Utf8Value() : "";
  if (kind != "fifo" && kind != "socket") throw Napi::TypeError::New(env, "kind must be fifo or socket");
  if (!info[2].IsNumber()) throw Napi::TypeError::New(env, "mode must be a number");
  const mode_t mode = info[2].As<Napi::Number>().Uint32Value() & 07777;
  if (mknod(path.c_str(), mode | (kind == "fifo" ? S_IFIFO : S_IFSOCK), 0) != 0) throw SystemError(env, errno, "mknod");
}

}  // namespace

void InitFiles(Napi::Env env, Napi::Object exports) {
  exports.Set("xattrs", Napi::Function::New(env, Xattrs, "xattrs"));
  exports.Set("setXattr", Napi::Function::New(env, SetXattr, "setXattr"));
  exports.Set("setTimes", Napi::Function::New(env, SetTimes, "setTimes"));
  exports.Set("makeNode", Napi::Function::New(env, MakeNode, "makeNode"));
}

}  // namespace sherin
