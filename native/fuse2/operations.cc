/**
 * What fuse-native 2.2.6 loses between libfuse and JavaScript, mended on the way: fuse_new comes here first (see mend.cc) and
 * hands libfuse wrappers around fuse-native's operations.
 *
 * - It passes the access time as the modification time too, in milliseconds, and libfuse leaves out calls that set only one of
 *   the two. Both times go to JavaScript as the value of an attribute with an empty name, which no program can set
 *   (setxattr(2) answers ERANGE).
 * - It takes the times of a stat as milliseconds since 1970. JavaScript gives nanoseconds in their place, two's complement,
 *   which come out as a wrong timespec that holds all 64 bits.
 * - It turns a name that is not UTF-8 into another one, which may be a file's. Such names are not found and not made.
 * - libfuse frees what was written without wiping it.
 * - It does not say that a write goes to the end of the file, wherever the kernel has that: bit 62 of the offset, which is none of an offset, does.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <mutex>

#include "utf8.h"

namespace {

/** Where functions stand in struct fuse_operations (fuse.h of libfuse 2.9, whose layout is fixed); all are pointers but the flags. */
enum At : size_t {
  kGetattr = 0,
  kMknod = 3,
  kMkdir = 4,
  kSymlink = 7,
  kRename = 8,
  kLink = 9,
  kWrite = 16,
  kSetxattr = 21,
  kGetxattr = 22,
  kRemovexattr = 24,
  kCreate = 32,
  kFgetattr = 34,
  kUtimens = 36,
  kFlags = 38,
  kCount = 45,
};
/** flag_utime_omit_ok: a time may be left as it is, or be now. */
constexpr uintptr_t kOmitTimes = 1U << 2;

constexpr off_t kAtEnd = off_t{1} << 62;

using Table = std::array<void*, kCount>;

/** Fuse-native's own, the same for every mount. */
Table original;

template <typename... Given>
int Original(At at, Given... given) {
  return reinterpret_cast<int (*)(Given...)>(original[at])(given...);
}

void MendTime(timespec* time) {
  constexpr int64_t kSecond = 1'000'000'000;
  const auto passed = static_cast<uint64_t>(time->tv_sec) * 1000 + static_cast<uint64_t>(time->tv_nsec) / 1'000'000;
  const auto nanoseconds = static_cast<int64_t>(passed);
  const int64_t rest = nanoseconds % kSecond;
  time->tv_sec = nanoseconds / kSecond - (rest < 0 ? 1 : 0);
  time->tv_nsec = rest < 0 ? rest + kSecond : rest;
}

int MendTimes(int result, struct stat* stat) {
  if (result != 0) return result;
  for (timespec* time : {&stat->st_atim, &stat->st_mtim, &stat->st_ctim}) MendTime(time);
  return result;
}

int Getattr(const char* path, struct stat* stat) {
  if (!IsUtf8(path)) return -ENOENT;
  return MendTimes(Original(kGetattr, path, stat), stat);
}

int Fgetattr(const char* path, struct stat* stat, void* file) {
  return MendTimes(Original(kFgetattr, path, stat, file), stat);
}

int Mknod(const char* path, mode_t mode, dev_t device) {
  return IsUtf8(path) ? Original(kMknod, path, mode, device) : -EILSEQ;
}

int Mkdir(const char* path, mode_t mode) { return IsUtf8(path) ? Original(kMkdir, path, mode) : -EILSEQ; }

int Symlink(const char* target, const char* path) {
  return IsUtf8(target) && IsUtf8(path) ? Original(kSymlink, target, path) : -EILSEQ;
}

int Rename(const char* from, const char* to) { return IsUtf8(to) ? Original(kRename, from, to) : -EILSEQ; }

int Link(const char* from, const char* to) { return IsUtf8(to) ? Original(kLink, from, to) : -EILSEQ; }

int Create(const char* path, mode_t mode, void* file) {
  return IsUtf8(path) ? Original(kCreate, path, mode, file) : -EILSEQ;
}

int Setxattr(const char* path, const char* name, const char* value, size_t size, int flags) {
  return IsUtf8(name) ? Original(kSetxattr, path, name, value, size, flags) : -EILSEQ;
}

int Getxattr(const char* path, const char* name, char* value, size_t size) {
  return IsUtf8(name) ? Original(kGetxattr, path, name, value, size) : -ENODATA;
}

int Removexattr(const char* path, const char* name) {
  return IsUtf8(name) ? Original(kRemovexattr, path, name) : -ENODATA;
}

/** As four numbers of 64 bits, each time its seconds and its nanoseconds. */
int Utimens(const char* path, const timespec times[2]) {
  static_assert(sizeof(timespec) == 16);
  const auto* const value = reinterpret_cast<const char*>(times);
  return Original(kSetxattr, path, "", value, 2 * sizeof(timespec), 0);
}

/** The bytes are in a buffer of libfuse, which reads nothing of them afterwards. */
int Write(const char* path, const char* bytes, size_t length, off_t offset, void* file) {
  // The first field of struct fuse_file_info; for O_DIRECT as in native/fuse/writes.cc.
  const int flags = *static_cast<const int*>(file);
  const off_t at = (flags & (O_APPEND | O_DIRECT)) == O_APPEND ? offset | kAtEnd : offset;
  const int result = Original(kWrite, path, bytes, length, at, file);
  explicit_bzero(const_cast<char*>(bytes), length);
  return result;
}

template <typename Function>
void Wrap(Table& table, At at, Function* wrapper) {
  if (table[at] != nullptr) table[at] = reinterpret_cast<void*>(wrapper);
}

Table Wrapped(const Table& given) {
  Table table = given;
  Wrap(table, kGetattr, Getattr);
  Wrap(table, kFgetattr, Fgetattr);
  Wrap(table, kMknod, Mknod);
  Wrap(table, kMkdir, Mkdir);
  Wrap(table, kSymlink, Symlink);
  Wrap(table, kRename, Rename);
  Wrap(table, kLink, Link);
  Wrap(table, kCreate, Create);
  Wrap(table, kSetxattr, Setxattr);
  Wrap(table, kGetxattr, Getxattr);
  Wrap(table, kRemovexattr, Removexattr);
  Wrap(table, kUtimens, Utimens);
  Wrap(table, kWrite, Write);
  table[kFlags] = reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(table[kFlags]) | kOmitTimes);
  return table;
}

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void* fuse_new(void* channel, void* arguments, const void* operations, size_t size,
                                                      void* data) {
  using New = void* (*)(void*, void*, const void*, size_t, void*);
  static const auto real =
      reinterpret_cast<New>(dlvsym(dlopen("libfuse.so.2", RTLD_LAZY | RTLD_NOLOAD), "fuse_new", "FUSE_2.6"));
  Table given{};
  memcpy(given.data(), operations, std::min(size, sizeof given));
  static std::once_flag once;
  std::call_once(once, [&] { original = given; });
  const Table table = Wrapped(given);
  return real(channel, arguments, table.data(), std::min(size, sizeof table), data);
}
}
