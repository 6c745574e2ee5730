#include "functions.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <openssl/crypto.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "../arguments.h"
#include "../environment.h"
#include "../error.h"
#include "../keys/secret.h"
#include "../memory/arena.h"
#include "../memory/locked.h"
#include "../memory/pages.h"
#include "../work/detached.h"
#include "../work/promise.h"
#include "../work/when_done.h"
#include "beneath.h"
#include "fuse.h"
#include "harden.h"
#include "io.h"
#include "passed.h"
#include "secret_line.h"

namespace sherin {
namespace {

constexpr uint64_t kMostOffset = (uint64_t{1} << 53) - 1;
constexpr size_t kMostPlaintext = size_t{16} << 20;
constexpr size_t kMostKeyMemory = size_t{1} << 20;

void Check(int result, const char* call) {
  if (result < 0) throw Failure::Errno(-result, call);
}

void HardenProcess(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [] { Harden(); });
}

Napi::Value LockKeyMemory(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const MemoryKind kind = Arena::Instance().Reserve(NumberOf(info[0], "bytes", 1, kMostKeyMemory));
    return Napi::String::New(info.Env(), kind == MemoryKind::Secret ? "memfd_secret" : "mlock");
  });
}

Napi::Value Open(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int flags = static_cast<int>(NumberOf(info[2], "flags", 0, INT32_MAX));
    const int fd = OpenBeneath(DescriptorOf(info[0], "dirFd"), PathOf(info[1], "path"), flags,
                               static_cast<mode_t>(NumberOf(info[3], "mode", 0, 07777)));
    Check(fd, "openat2");
    return Napi::Number::New(info.Env(), fd);
  });
}

void MakeDirectory(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    Check(MakeDirectoryBeneath(DescriptorOf(info[0], "dirFd"), PathOf(info[1], "path"),
                               static_cast<mode_t>(NumberOf(info[2], "mode", 0, 07777))),
          "mkdirat");
  });
}

void Rename(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    Check(RenameBeneath(DescriptorOf(info[0], "dirFd"), PathOf(info[1], "from"), PathOf(info[2], "to"),
                        BooleanOf(info[3], "noReplace")),
          "renameat2");
  });
}

void Unlink(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    Check(UnlinkBeneath(DescriptorOf(info[0], "dirFd"), PathOf(info[1], "path")), "unlinkat");
  });
}

/** A promise for undefined; `work` may wait long and runs on the threads kept for that. */
template <typename Work>
Napi::Value Blocking(Napi::Env env, Work work) {
  Environment& environment = Environment::Of(env);
  return RunAsync(
      env, environment.completions(), environment.blocking(),
      [work] {
        work();
        return true;
      },
      [](Napi::Env target, bool) { return target.Undefined(); });
}

/** Whole numbers of JavaScript; no file is as long. */
constexpr uint64_t kMostPosition = (uint64_t{1} << 53) - 1;

using Pairs = std::vector<std::pair<std::string, std::string>>;

void RenamePairs(int dir, const Pairs& pairs) {
  ParentBeneath source(dir), target(dir);
  for (const auto& [from, to] : pairs) {
    Check(source.Resolve(from), "openat2");
    Check(target.Resolve(to), "openat2");
    if (renameat(source.fd(), source.name().c_str(), target.fd(), target.name().c_str()) != 0) {
      throw Failure::Errno(errno, "renameat");
    }
  }
}

Napi::Value RenameAll(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int dir = DescriptorOf(info[0], "dirFd");
    if (!info[1].IsArray()) throw Napi::TypeError::New(info.Env(), "pairs must be an array");
    const auto list = info[1].As<Napi::Array>();
    Pairs pairs;
    for (uint32_t i = 0; i < list.Length(); ++i) {
      const Napi::HandleScope scope(info.Env());
      const Napi::Value pair = list.Get(i);
      if (!pair.IsArray()) throw Napi::TypeError::New(info.Env(), "pairs must hold pairs of paths");
      const auto ends = pair.As<Napi::Array>();
      pairs.emplace_back(PathOf(ends.Get(0u), "from"), PathOf(ends.Get(1u), "to"));
    }
    return Blocking(info.Env(), [dir, pairs = std::move(pairs)] { RenamePairs(dir, pairs); });
  });
}

Napi::Value SyncFileSystem(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    return Blocking(info.Env(), [fd = DescriptorOf(info[0], "fd")] {
      if (syncfs(fd) != 0) throw Failure::Errno(errno, "syncfs");
    });
  });
}

Napi::Value SyncData(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    const std::vector<WhenDone> waiting = WhenDonesOf(info[1]);
    Environment& environment = Environment::Of(info.Env());
    ByWhoWaits workers(waiting, environment.blocking());
    return RunAsync(
        info.Env(), environment.completions(), workers,
        [fd, waiting] {
          if (fdatasync(fd) != 0) throw Failure::Errno(errno, "fdatasync");
          for (const WhenDone& each : waiting) each.tell();
          return true;
        },
        [](Napi::Env env, bool) { return env.Undefined(); });
  });
}

Napi::Value WriteDurably(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    const Bytes bytes = BytesOf(info[1], "bytes");
    const uint64_t position = NumberOf(info[2], "position", 0, kMostPosition);
    std::vector<Napi::ObjectReference> keep;
    keep.push_back(Napi::Persistent(info[1].As<Napi::Object>()));
    Environment& environment = Environment::Of(info.Env());
    return RunAsync(
        info.Env(), environment.completions(), environment.blocking(),
        [fd, bytes, position] {
          const int error = WriteAt(fd, bytes.data, bytes.size, position);
          if (error != 0) throw Failure::Errno(error, "pwrite");
          if (fdatasync(fd) != 0) throw Failure::Errno(errno, "fdatasync");
          return true;
        },
        [](Napi::Env env, bool) { return env.Undefined(); }, std::move(keep));
  });
}

Napi::Value Lock(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const bool taken = flock(DescriptorOf(info[0], "fd"), LOCK_EX | LOCK_NB) == 0;
    if (!taken && errno != EWOULDBLOCK) throw Failure::Errno(errno, "flock");
    return Napi::Boolean::New(info.Env(), taken);
  });
}

Napi::Value ReadLine(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    const size_t limit = NumberOf(info[1], "limit", 1, 4096);
    return Secret::New(info.Env(), std::make_shared<LockedBytes>(ReadSecretLine(fd, limit)));
  });
}

Napi::Value FuseFds(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    auto list = Napi::Array::New(info.Env());
    uint32_t at = 0;
    for (const int fd : FuseDescriptors()) list.Set(at++, Napi::Number::New(info.Env(), fd));
    return list;
  });
}

Napi::Value FuseInvalidate(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const int fd = DescriptorOf(info[0], "fd");
    const uint64_t first = NumberOf(info[1], "first", 1, kMostOffset);
    const uint64_t last = NumberOf(info[2], "last", first, kMostOffset);
    if (!IsFuseDescriptor(fd)) throw Failure("ENODEV", "fd is no /dev/fuse");
    // Its own: the caller's number could mean another file by the time of the last write.
    const auto own = std::make_shared<Descriptor>(fcntl(fd, F_DUPFD_CLOEXEC, 3));
    if (!own->valid()) throw Failure::Errno(errno, "fcntl");
    DetachedThread thread;
    return RunAsync(
        info.Env(), Environment::Of(info.Env()).completions(), thread,
        [own, first, last] { return InvalidateInodes(own->get(), first, last); },
        [](Napi::Env env, uint64_t known) { return Napi::Number::New(env, static_cast<double>(known)); });
  });
}

void TrimHeap(const Napi::CallbackInfo&) {
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

/** Memory for plaintext as a Buffer: wiped when JavaScript lets go of it. */
Napi::Value Plaintext(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&]() -> Napi::Value {
    const size_t size = NumberOf(info[0], "size", 1, kMostPlaintext);
    auto pages = std::make_unique<Pages>(Pages::ForPlaintext(size));
    Pages* const kept = pages.release();
    return Napi::Buffer<uint8_t>::New(
        info.Env(), kept->data(), size, [](Napi::Env, uint8_t*, Pages* pages) { delete pages; }, kept);
  });
}

void Wipe(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const Bytes bytes = BytesOf(info[0], "buffer");
    OPENSSL_cleanse(const_cast<uint8_t*>(bytes.data), bytes.size);
  });
}

/** Nanoseconds since 1970: the clock of which the kernel takes file times, which JavaScript has in milliseconds. */
Napi::Value Realtime(const Napi::CallbackInfo& info) {
  timespec now;
  clock_gettime(CLOCK_REALTIME, &now);
  return Napi::BigInt::New(info.Env(), int64_t{now.tv_sec} * 1000000000 + now.tv_nsec);
}

template <auto Function>
void Set(Napi::Object object, const char* name) {
  object.Set(name, Napi::Function::New<Function>(object.Env(), name));
}

}  // namespace

void InitSystem(Napi::Env env, Napi::Object exports) {
  auto system = Napi::Object::New(env);
  Set<HardenProcess>(system, "harden");
  Set<LockKeyMemory>(system, "lockKeyMemory");
  Set<Open>(system, "openBeneath");
  Set<MakeDirectory>(system, "mkdirBeneath");
  Set<Rename>(system, "renameBeneath");
  Set<Unlink>(system, "unlinkBeneath");
  Set<RenameAll>(system, "renameAll");
  Set<SyncFileSystem>(system, "syncfs");
  Set<SyncData>(system, "fdatasync");
  Set<WriteDurably>(system, "writeDurably");
  Set<Lock>(system, "flock");
  Set<ReadLine>(system, "readSecretLine");
  Set<FuseFds>(system, "fuseFds");
  Set<FuseInvalidate>(system, "fuseInvalidate");
  Set<TrimHeap>(system, "trimHeap");
  Set<Plaintext>(system, "plaintext");
  Set<Wipe>(system, "wipe");
  Set<Realtime>(system, "realtime");
  InitPassed(system);
  exports.Set("system", system);
}

}  // namespace sherin
