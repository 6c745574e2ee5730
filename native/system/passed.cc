#include "passed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "../arguments.h"
#include "../environment.h"
#include "../error.h"
#include "../work/detached.h"
#include "../work/own_threads.h"
#include "../work/promise.h"
#include "extent.h"

namespace sherin {
namespace {

std::vector<std::string> CloseEach(const std::vector<int>& fds) {
  std::vector<std::string> failures;
  for (const int fd : fds) {
    // Even with an error the number is free again (close(2)).
    if (close(fd) != 0) failures.push_back(ErrnoName(errno));
  }
  return failures;
}

/** A file system of another process can answer a close with an error, or never: on a thread that nobody waits for. */
Napi::Value CloseAll(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    if (!info[0].IsArray()) throw Napi::TypeError::New(info.Env(), "fds must be an array");
    const auto list = info[0].As<Napi::Array>();
    std::vector<int> fds;
    for (uint32_t i = 0; i < list.Length(); ++i) fds.push_back(DescriptorOf(list.Get(i), "fd"));
    DetachedThread thread;
    return RunAsync(
        info.Env(), Environment::Of(info.Env()).completions(), thread, [fds] { return CloseEach(fds); },
        [](Napi::Env env, const std::vector<std::string>& failures) {
          auto names = Napi::Array::New(env, failures.size());
          for (uint32_t i = 0; i < failures.size(); ++i) names.Set(i, Napi::String::New(env, failures[i]));
          return names;
        });
  });
}

/** Asks the kernel alone, never the file system that the descriptor leads to; only memory files have these seals. */
Napi::Value IsSealed(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    constexpr int wanted = F_SEAL_WRITE | F_SEAL_SHRINK | F_SEAL_GROW;
    const int seals = fcntl(DescriptorOf(info[0], "fd"), F_GET_SEALS);
    return Napi::Boolean::New(info.Env(), seals >= 0 && (seals & wanted) == wanted);
  });
}

/** A promise for what `work` finds out from the file system, which may not answer: on a client's threads. */
template <typename Work, typename ToValue>
Napi::Value OnThreads(const Napi::Value& client, Work work, ToValue to_value) {
  const std::shared_ptr<Workers> threads = OwnThreads::Of(client);
  std::vector<Napi::ObjectReference> keep;
  keep.push_back(Napi::Persistent(client.As<Napi::Object>()));
  const auto completions = Environment::Of(client.Env()).completions();
  return RunAsync(client.Env(), completions, *threads, std::move(work), to_value, std::move(keep));
}

Napi::Value IsRegular(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(info[0], "fd");
    return OnThreads(
        info[1],
        [fd] {
          struct stat facts;
          if (fstat(fd, &facts) != 0) throw Failure::Errno(errno, "fstat");
          return S_ISREG(facts.st_mode);
        },
        [](Napi::Env env, bool regular) { return Napi::Boolean::New(env, regular); });
  });
}

Napi::Value FillWithZeros(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    constexpr uint64_t most = (uint64_t{1} << 53) - 1;
    const int fd = DescriptorOf(info[0], "fd");
    const uint64_t at = NumberOf(info[1], "at", 0, most), length = NumberOf(info[2], "length", 0, most - at);
    return OnThreads(
        info[3], [fd, at, length] {
          ZeroData(fd, at, length);
          return true;
        },
        [](Napi::Env env, bool) { return env.Undefined(); });
  });
}

/** As IsSealed, the kernel's own knowledge. */
Napi::Value IsWritable(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const int flags = fcntl(DescriptorOf(info[0], "fd"), F_GETFL);
    if (flags < 0) throw Failure::Errno(errno, "fcntl");
    const int access = flags & O_ACCMODE;
    return Napi::Boolean::New(info.Env(), (flags & O_PATH) == 0 && (access == O_WRONLY || access == O_RDWR));
  });
}

}  // namespace

void InitPassed(Napi::Object system) {
  const Napi::Env env = system.Env();
  system.Set("closeAll", Napi::Function::New<CloseAll>(env, "closeAll"));
  system.Set("isSealed", Napi::Function::New<IsSealed>(env, "isSealed"));
  system.Set("isRegular", Napi::Function::New<IsRegular>(env, "isRegular"));
  system.Set("zeroData", Napi::Function::New<FillWithZeros>(env, "zeroData"));
  system.Set("isWritable", Napi::Function::New<IsWritable>(env, "isWritable"));
}

}  // namespace sherin
