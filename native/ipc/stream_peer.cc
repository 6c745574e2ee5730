// Who is at the other end of a connected Unix socket that somebody else owns.
#include "stream_peer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

#include "failure.h"

// Linux 6.5; asm-generic/socket.h of an older system lacks it.
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif

namespace sherin::ipc {
namespace {

int DescriptorArgument(const Napi::Value& value) {
  if (!value.IsNumber()) throw Napi::TypeError::New(value.Env(), "a descriptor must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  const int fd = value.As<Napi::Number>().Int32Value();
  if (fd < 0 || number != fd) throw Napi::TypeError::New(value.Env(), "a descriptor must be a whole number from 0 on");
  return fd;
}

Napi::Value PeerOfDescriptor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  try {
    return PeerObject(env, PeerOf(DescriptorArgument(info[0])));
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

/** The kernel makes it close-on-exec. */
Napi::Value PidfdOfDescriptor(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  int pidfd = -1;
  socklen_t size = sizeof pidfd;
  if (getsockopt(DescriptorArgument(info[0]), SOL_SOCKET, SO_PEERPIDFD, &pidfd, &size) != 0) {
    throw SystemError(env, errno, "getsockopt");
  }
  return Napi::Number::New(env, pidfd);
}

/** A pidfd is readable once its process has ended (pidfd_open(2)). */
Napi::Value HasEnded(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  pollfd asked{DescriptorArgument(info[0]), POLLIN, 0};
  int ready = 0;
  // A signal may come even where nothing is waited for.
  do ready = poll(&asked, 1, 0);
  while (ready < 0 && errno == EINTR);
  if (ready < 0) throw SystemError(env, errno, "poll");
  if ((asked.revents & POLLNVAL) != 0) throw SystemError(env, EBADF, "poll");
  return Napi::Boolean::New(env, asked.revents != 0);
}

}  // namespace

Napi::Object PeerObject(Napi::Env env, const Peer& peer) {
  auto object = Napi::Object::New(env);
  auto groups = Napi::Array::New(env, peer.groups.size());
  for (uint32_t i = 0; i < peer.groups.size(); i++) groups.Set(i, Napi::Number::New(env, peer.groups[i]));
  object.Set("pid", Napi::Number::New(env, static_cast<double>(peer.pid)));
  object.Set("uid", Napi::Number::New(env, peer.uid));
  object.Set("gid", Napi::Number::New(env, peer.gid));
  object.Set("groups", groups);
  object.Freeze();
  return object;
}

void InitStreamPeer(Napi::Env env, Napi::Object exports) {
  exports.Set("peerOf", Napi::Function::New<PeerOfDescriptor>(env, "peerOf"));
  exports.Set("peerPidfd", Napi::Function::New<PidfdOfDescriptor>(env, "peerPidfd"));
  exports.Set("hasEnded", Napi::Function::New<HasEnded>(env, "hasEnded"));
}

}  // namespace sherin::ipc
