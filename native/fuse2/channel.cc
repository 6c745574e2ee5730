/**
 * fuse-native 2.2.6 ends a mount with fuse_unmount(path, ch), which frees the channel (libfuse 2.9, fuse.c
 * fuse_unmount_common), and then calls fuse_session_remove_chan(ch) on what is no longer there: by then another thread may
 * have that memory, and is written into. This addon is loaded before fuse-native, with its symbols global, so that
 * both calls come here first: the second is dropped, fuse_unmount has done its work already.
 */
#include <dlfcn.h>
#include <node_api.h>

namespace {

constexpr char kLibrary[] = "libfuse.so.2";
constexpr char kVersion[] = "FUSE_2.6";

/** The function of libfuse itself, which is there: it or fuse-native calls us. */
template <typename Function>
Function Real(const char* name) {
  void* const library = dlopen(kLibrary, RTLD_LAZY | RTLD_NOLOAD);
  return reinterpret_cast<Function>(dlvsym(library, name, kVersion));
}

/** The channel that this thread's last fuse_unmount freed; fuse-native makes both calls on one thread. */
thread_local const void* freed = nullptr;

}  // namespace

extern "C" {

__attribute__((visibility("default"))) void fuse_unmount(const char* path, void* channel) {
  static const auto real = Real<void (*)(const char*, void*)>("fuse_unmount");
  real(path, channel);
  freed = channel;
}

__attribute__((visibility("default"))) void fuse_session_remove_chan(void* channel) {
  static const auto real = Real<void (*)(void*)>("fuse_session_remove_chan");
  if (channel != freed) return real(channel);
  freed = nullptr;
}

NAPI_MODULE_INIT() {
  static_cast<void>(env);
  return exports;
}
}
