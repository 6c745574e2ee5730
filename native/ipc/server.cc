#include "server.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>

#include "addon.h"
#include "connection.h"
#include "failure.h"
#include "socket.h"

namespace sherin::ipc {
namespace {

/** Connections taken before others get their turn. */
constexpr int kConnectionsATurn = 64;

/** A message to be sent later; empty for none. */
std::vector<uint8_t> MessageOf(const Napi::Value& value) {
  if (value.IsUndefined()) return {};
  if (!value.IsBuffer()) throw Napi::TypeError::New(value.Env(), "the message must be a Buffer");
  const auto bytes = value.As<Napi::Buffer<uint8_t>>();
  if (bytes.Length() == 0 || bytes.Length() > kMessageLimit) {
    throw Napi::TypeError::New(value.Env(), "the message must be one that can be sent");
  }
  return {bytes.Data(), bytes.Data() + bytes.Length()};
}

Fd Reserve() { return Fd(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

Napi::Function Server::Define(Napi::Env env) {
  return DefineClass(env, "Server", {
                                          InstanceMethod<&Server::Descriptor>("descriptor"),
                                          InstanceMethod<&Server::Pause>("pause"),
                                          InstanceMethod<&Server::Resume>("resume"),
                                          InstanceMethod<&Server::Leave>("leave"),
                                          InstanceMethod<&Server::Close>("close"),
                                      });
}

Napi::Value Server::Listen(const Napi::CallbackInfo& info) {
  if (info.Length() < 3 || !info[2].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "listen takes a path, a mode, a function and a message");
  }
  return Addon::Of(info.Env()).server.New({info[0], info[1], info[2], info[3]});
}

Napi::Value Server::Adopt(const Napi::CallbackInfo& info) {
  if (info.Length() < 3 || !info[0].IsNumber() || !info[2].IsFunction()) {
    throw Napi::TypeError::New(info.Env(), "adoptListener takes a descriptor, a path, a function and a message");
  }
  return Addon::Of(info.Env()).server.New({info[1], Napi::Number::New(info.Env(), 0), info[2], info[3], info[0]});
}

Server::Server(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<Server>(info), context_(info.Env(), "sherin.ipc"), reserve_(Reserve()) {
  const Napi::Env env = info.Env();
  const std::string path = PathOf(info[0]);
  if (!info[1].IsNumber()) throw Napi::TypeError::New(env, "mode must be a number");
  const uint32_t mode = info[1].As<Napi::Number>().Uint32Value();
  if (mode > 0777) throw Napi::TypeError::New(env, "mode must be permission bits");
  accept_ = Napi::Persistent(info[2].As<Napi::Function>());
  full_ = MessageOf(info[3]);
  Fd fd;
  try {
    fd = info[4].IsNumber() ? AdoptListener(info[4].As<Napi::Number>().Int32Value()) : ipc::Listen(path, mode);
    struct stat facts;
    if (lstat(path.c_str(), &facts) != 0) throw SocketError{errno, "lstat"};
    path_ = path;
    device_ = facts.st_dev;
    inode_ = facts.st_ino;
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
  poll_ = Poll::New(env, std::move(fd), [this](int) { OnReadable(); }, [this] { Unref(); });
  Ref();
  poll_->Watch(UV_READABLE);
}

Napi::Value Server::Descriptor(const Napi::CallbackInfo& info) {
  if (poll_ == nullptr) throw SystemError(info.Env(), EBADF, "fcntl");
  return Napi::Number::New(info.Env(), poll_->fd());
}

void Server::Pause(const Napi::CallbackInfo&) {
  if (poll_ != nullptr) poll_->Watch(0);
}

void Server::Resume(const Napi::CallbackInfo&) {
  if (poll_ != nullptr) poll_->Watch(UV_READABLE);
}

void Server::Leave(const Napi::CallbackInfo& info) {
  path_.clear();
  Close(info);
}

void Server::Close(const Napi::CallbackInfo&) {
  if (poll_ == nullptr) return;
  RemoveFile();
  poll_->Close();
  poll_ = nullptr;
}

void Server::OnReadable() {
  const Napi::HandleScope scope(Env());
  for (int turn = 0; turn < kConnectionsATurn && poll_ != nullptr; turn++) {
    if (!reserve_) reserve_ = Reserve();
    try {
      Fd fd = Accept(poll_->fd());
      if (!fd) return;
      Welcome(std::move(fd));
    } catch (const SocketError& error) {
      if (error.error != EMFILE && error.error != ENFILE) return;
      return TurnAway();
    }
  }
}

void Server::Welcome(Fd fd) {
  const Napi::Env env = Env();
  const Napi::HandleScope scope(env);
  Connection* connection = nullptr;
  try {
    connection = Connection::New(env, std::move(fd));
    connection->Begin(accept_.MakeCallback(env.Global(), {connection->Value()}, context_));
  } catch (const Napi::Error& error) {
    if (connection != nullptr) connection->Shut(std::nullopt);
    Uncaught(error);
  }
}

void Server::TurnAway() {
  reserve_.Reset();
  try {
    const Fd fd = Accept(poll_->fd());
    if (fd && !full_.empty()) Send(fd.get(), full_.data(), full_.size(), {});
  } catch (const SocketError&) {
    // Another thread took the place, and the next turn tries again; or the client has gone.
  }
  reserve_ = Reserve();
}

void Server::RemoveFile() {
  struct stat facts;
  if (path_.empty() || lstat(path_.c_str(), &facts) != 0) return;
  if (facts.st_dev == device_ && facts.st_ino == inode_) unlink(path_.c_str());
  path_.clear();
}

}  // namespace sherin::ipc
