// Sockets that were open when this process began, as with systemd's socket activation (sd_listen_fds(3)).
#include "inherited.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>

#include "failure.h"

namespace sherin::ipc {
namespace {

int Option(Napi::Env env, int fd, int option) {
  int value = 0;
  socklen_t size = sizeof value;
  if (getsockopt(fd, SOL_SOCKET, option, &value, &size) != 0) throw SystemError(env, errno, "getsockopt");
  return value;
}

/** Whoever passed it left it open for programs that this one starts: they have no business with it. */
Napi::Value ClaimListener(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) throw Napi::TypeError::New(env, "a descriptor must be a number");
  const double number = info[0].As<Napi::Number>().DoubleValue();
  const int fd = info[0].As<Napi::Number>().Int32Value();
  if (fd < 0 || number != fd) throw Napi::TypeError::New(env, "a descriptor must be a whole number from 0 on");
  if (Option(env, fd, SO_DOMAIN) != AF_UNIX) throw SystemError(env, EAFNOSUPPORT, "getsockopt");
  if (Option(env, fd, SO_TYPE) != SOCK_STREAM) throw SystemError(env, EPROTOTYPE, "getsockopt");
  if (Option(env, fd, SO_ACCEPTCONN) == 0) throw SystemError(env, EINVAL, "getsockopt");
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) throw SystemError(env, errno, "fcntl");
  return env.Undefined();
}

}  // namespace

void InitInherited(Napi::Env env, Napi::Object exports) {
  exports.Set("claimListener", Napi::Function::New<ClaimListener>(env, "claimListener"));
}

}  // namespace sherin::ipc
