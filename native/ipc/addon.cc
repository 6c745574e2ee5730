#include "addon.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

#include "connection.h"
#include "datagram_socket.h"
#include "failure.h"
#include "files.h"
#include "generation.h"
#include "inherited.h"
#include "memory_file.h"
#include "secret_file.h"
#include "secret_line.h"
#include "server.h"
#include "stream_peer.h"

namespace sherin::ipc {

std::string PathOf(const Napi::Value& value) {
  if (!value.IsString()) throw Napi::TypeError::New(value.Env(), "a path must be a string");
  std::string path = value.As<Napi::String>().Utf8Value();
  if (path.empty() || path.find('\0') != std::string::npos) {
    throw Napi::TypeError::New(value.Env(), "a path must not be empty nor hold a zero byte");
  }
  return path;
}

namespace {

Napi::Value ConnectTo(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const std::string path = PathOf(info[0]);
  try {
    Connection* connection = Connection::New(env, Connect(path));
    connection->Begin(info[1]);
    return connection->Value();
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

/** Two connected ends, for this process and one that it starts. */
Napi::Value Pair(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  int fds[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0) throw SystemError(env, errno, "socketpair");
  auto pair = Napi::Array::New(env, 2);
  for (uint32_t i = 0; i < 2; ++i) pair.Set(i, Napi::Number::New(env, fds[i]));
  return pair;
}

/** (fd, handlers): the connection owns the descriptor. */
Napi::Value Attach(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) throw Napi::TypeError::New(env, "attach takes a descriptor and handlers");
  Fd fd(info[0].As<Napi::Number>().Int32Value());
  const int flags = fcntl(fd.get(), F_GETFL);
  if (flags < 0 || fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) != 0 || fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) {
    throw SystemError(env, errno, "fcntl");
  }
  Connection* connection = Connection::New(env, std::move(fd));
  connection->Begin(info[1]);
  return connection->Value();
}

Napi::Value MemoryFile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsString() || !info[1].IsNumber()) throw Napi::TypeError::New(env, "memfd takes a name and a size");
  const int64_t size = info[1].As<Napi::Number>().Int64Value();
  if (size < 0) throw Napi::TypeError::New(env, "size must not be negative");
  try {
    return Napi::Number::New(env, NewMemoryFile(info[0].As<Napi::String>().Utf8Value(), size).Release());
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

void SealMemory(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) throw Napi::TypeError::New(env, "sealMemfd takes a descriptor");
  try {
    SealMemoryFile(info[0].As<Napi::Number>().Int32Value());
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

/** (size) */
Napi::Value SecretFile(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const int64_t size = info[0].IsNumber() ? info[0].As<Napi::Number>().Int64Value() : 0;
  if (size < 1 || size > static_cast<int64_t>(kLineLimit)) throw Napi::TypeError::New(env, "secretMemfd takes a size");
  try {
    return Napi::Number::New(env, NewSecretFile(static_cast<size_t>(size)).Release());
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

void CloseSecret(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) throw Napi::TypeError::New(env, "closeSecretMemfd takes a descriptor");
  try {
    CloseSecretFile(info[0].As<Napi::Number>().Int32Value());
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

Napi::Value ReadSecret(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber() || !info[1].IsString()) {
    throw Napi::TypeError::New(env, "readSecretToMemfd takes a descriptor and a prompt");
  }
  try {
    const std::string prompt = info[1].As<Napi::String>().Utf8Value();
    return Napi::Number::New(env, ReadSecretLine(info[0].As<Napi::Number>().Int32Value(), prompt).Release());
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

Napi::Value CopySecretOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsNumber()) throw Napi::TypeError::New(env, "copySecretToMemfd takes a descriptor");
  try {
    return Napi::Number::New(env, CopySecret(info[0].As<Napi::Number>().Int32Value()).Release());
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  auto* addon = new Addon;  // NOLINT: the environment owns its instance data
  env.SetInstanceData(addon);
  addon->connection = Napi::Persistent(Connection::Define(env));
  addon->server = Napi::Persistent(Server::Define(env));
  addon->datagrams = Napi::Persistent(DatagramSocket::Define(env));
  addon->generation = Napi::Persistent(GenerationPage::Define(env));
  addon->generation_view = Napi::Persistent(GenerationView::Define(env));
  exports.Set("listen", Napi::Function::New<Server::Listen>(env, "listen"));
  exports.Set("connect", Napi::Function::New<ConnectTo>(env, "connect"));
  exports.Set("bindDatagrams", Napi::Function::New<DatagramSocket::BindDatagrams>(env, "bindDatagrams"));
  exports.Set("pair", Napi::Function::New<Pair>(env, "pair"));
  exports.Set("attach", Napi::Function::New<Attach>(env, "attach"));
  exports.Set("adoptListener", Napi::Function::New<Server::Adopt>(env, "adoptListener"));
  exports.Set("generationPage", Napi::Function::New<GenerationPage::Make>(env, "generationPage"));
  exports.Set("generationView", Napi::Function::New<GenerationView::Map>(env, "generationView"));
  exports.Set("memfd", Napi::Function::New<MemoryFile>(env, "memfd"));
  exports.Set("sealMemfd", Napi::Function::New<SealMemory>(env, "sealMemfd"));
  exports.Set("secretMemfd", Napi::Function::New<SecretFile>(env, "secretMemfd"));
  exports.Set("closeSecretMemfd", Napi::Function::New<CloseSecret>(env, "closeSecretMemfd"));
  exports.Set("readSecretToMemfd", Napi::Function::New<ReadSecret>(env, "readSecretToMemfd"));
  exports.Set("copySecretToMemfd", Napi::Function::New<CopySecretOf>(env, "copySecretToMemfd"));
  exports.Set("messageLimit", Napi::Number::New(env, kMessageLimit));
  InitFiles(env, exports);
  InitInherited(env, exports);
  InitStreamPeer(env, exports);
  return exports;
}

NODE_API_MODULE(sherin_ipc, Init)

}  // namespace
}  // namespace sherin::ipc
