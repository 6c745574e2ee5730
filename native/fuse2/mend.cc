/**
 * Two mistakes of fuse-native 2.2.6 and libfuse 2.9, mended from outside: this addon is loaded before fuse-native, with its
 * symbols global, so that three calls come here first.
 *
 * fuse-native ends a mount with fuse_unmount(path, ch), which frees the channel (libfuse 2.9, fuse.c
 * fuse_unmount_common), and then calls fuse_session_remove_chan(ch) on what is no longer there: by then another thread may
 * have that memory, and is written into. The second call is dropped: fuse_unmount has done its work already.
 *
 * libfuse cancels its worker threads at the end (fuse_loop_mt.c), but does not keep SIGCHLD from them. One that is in libuv's
 * handler of it just then, for the very fusermount that ended the mount, ends in the middle: the child is never waited for. So
 * these threads take no signal.
 */
#include <dlfcn.h>
#include <signal.h>
#include <node_api.h>

namespace {

constexpr char kLibrary[] = "libfuse.so.2";

/** The function of libfuse itself, which is there: it or fuse-native calls us. */
template <typename Function>
Function Real(const char* name, const char* version) {
  void* const library = dlopen(kLibrary, RTLD_LAZY | RTLD_NOLOAD);
  return reinterpret_cast<Function>(dlvsym(library, name, version));
}

/** The channel that this thread's last fuse_unmount freed; fuse-native makes both calls on one thread. */
thread_local const void* freed = nullptr;

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void fuse_unmount(const char* path, void* channel) {
  static const auto real = Real<void (*)(const char*, void*)>("fuse_unmount", "FUSE_2.6");
  real(path, channel);
  freed = channel;
}

__attribute__((visibility("default"))) void fuse_session_remove_chan(void* channel) {
  static const auto real = Real<void (*)(void*)>("fuse_session_remove_chan", "FUSE_2.6");
  if (channel != freed) return real(channel);
  freed = nullptr;
}

/** Its workers inherit the mask of the thread that calls it. */
__attribute__((visibility("default"))) int fuse_loop_mt(void* fuse) {
  static const auto real = Real<int (*)(void*)>("fuse_loop_mt", "FUSE_2.2");
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  return real(fuse);
}

NAPI_MODULE_INIT() {
  static_cast<void>(env);
  return exports;
}
}
