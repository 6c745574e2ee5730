#include "connection.h"

#include <fcntl.h>

#include <cerrno>

#include "addon.h"
#include "failure.h"
#include "stream_peer.h"

namespace sherin::ipc {
namespace {

/** Messages of one connection before others get their turn. */
constexpr int kMessagesATurn = 64;

std::vector<int> Descriptors(const Napi::Value& value) {
  std::vector<int> fds;
  if (value.IsUndefined()) return fds;
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "fds must be an array");
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) {
    const Napi::Value fd = list.Get(i);
    if (!fd.IsNumber()) throw Napi::TypeError::New(value.Env(), "a descriptor must be a number");
    fds.push_back(fd.As<Napi::Number>().Int32Value());
  }
  return fds;
}

std::vector<Fd> Duplicate(const std::vector<int>& fds) {
  std::vector<Fd> copies;
  for (const int fd : fds) {
    copies.emplace_back(fcntl(fd, F_DUPFD_CLOEXEC, 0));
    if (!copies.back()) throw SocketError{errno, "fcntl"};
  }
  return copies;
}

std::vector<int> Numbers(const std::vector<Fd>& fds) {
  std::vector<int> numbers;
  for (const Fd& fd : fds) numbers.push_back(fd.get());
  return numbers;
}

}  // namespace

Napi::Function Connection::Define(Napi::Env env) {
  return DefineClass(env, "Connection",
                     {
                         InstanceMethod<&Connection::Send>("send"),
                         InstanceMethod<&Connection::Pause>("pause"),
                         InstanceMethod<&Connection::Resume>("resume"),
                         InstanceMethod<&Connection::Close>("close"),
                     });
}

Connection* Connection::New(Napi::Env env, Fd fd) {
  return Unwrap(Addon::Of(env).connection.New({Napi::External<Fd>::New(env, &fd)}));
}

Connection::Connection(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<Connection>(info), context_(info.Env(), "sherin.ipc") {
  const Napi::Env env = info.Env();
  if (info.Length() != 1 || !info[0].IsExternal()) throw Napi::TypeError::New(env, "use connect or listen");
  Fd& fd = *info[0].As<Napi::External<Fd>>().Data();
  try {
    // A value of the object, since N-API checks the receiver of methods but not of getters.
    Value().DefineProperty(Napi::PropertyDescriptor::Value("peer", PeerObject(env, PeerOf(fd.get())), napi_enumerable));
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
  poll_ = Poll::New(env, std::move(fd), [this](int events) { OnReady(events); }, [this] { OnClosed(); });
  Ref();
  Watch();
}

void Connection::Begin(const Napi::Value& handlers) {
  const bool complete = handlers.IsObject() && handlers.As<Napi::Object>().Get("message").IsFunction() &&
                        handlers.As<Napi::Object>().Get("close").IsFunction();
  if (!complete) {
    Shut(std::nullopt);
    throw Napi::TypeError::New(handlers.Env(), "handlers must have the functions message and close");
  }
  handlers_ = Napi::Persistent(handlers.As<Napi::Object>());
  begun_ = true;
  Watch();
}

void Connection::Shut(std::optional<SocketError> reason) {
  if (poll_ == nullptr) return;
  reason_ = reason;
  poll_->Close();
  poll_ = nullptr;
  FailQueue(ECANCELED);
}

Napi::Value Connection::Send(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsBuffer()) throw Napi::TypeError::New(env, "message must be a Buffer");
  const auto message = info[0].As<Napi::Buffer<uint8_t>>();
  const std::vector<int> fds = Descriptors(info[1]);
  const auto deferred = Napi::Promise::Deferred::New(env);
  try {
    if (message.Length() > kMessageLimit) throw SocketError{EMSGSIZE, "sendmsg"};
    if (message.Length() == 0 || fds.size() > kDescriptorLimit) throw SocketError{EINVAL, "sendmsg"};
    if (poll_ == nullptr) throw SocketError{EPIPE, "sendmsg"};
    if (queue_.empty() && ipc::Send(poll_->fd(), message.Data(), message.Length(), fds)) {
      deferred.Resolve(env.Undefined());
    } else {
      queue_.push_back({{message.Data(), message.Data() + message.Length()}, Duplicate(fds), deferred});
      Watch();
    }
  } catch (const SocketError& error) {
    deferred.Reject(SystemError(env, error.error, error.syscall).Value());
  }
  return deferred.Promise();
}

void Connection::Pause(const Napi::CallbackInfo&) {
  paused_ = true;
  Watch();
}

void Connection::Resume(const Napi::CallbackInfo&) {
  paused_ = false;
  Watch();
}

void Connection::Close(const Napi::CallbackInfo&) { Shut(std::nullopt); }

void Connection::Watch() {
  if (poll_ == nullptr) return;
  poll_->Watch((begun_ && !paused_ ? UV_READABLE : 0) | (queue_.empty() ? 0 : UV_WRITABLE));
}

void Connection::OnReady(int events) {
  const Napi::HandleScope scope(Env());
  if ((events & UV_WRITABLE) != 0) Flush();
  if ((events & UV_READABLE) != 0) Read();
}

void Connection::Flush() {
  const Napi::CallbackScope scope(Env(), context_);  // promises settled here run their reactions at its end
  while (!queue_.empty()) {
    Outgoing& next = queue_.front();
    try {
      if (!ipc::Send(poll_->fd(), next.message.data(), next.message.size(), Numbers(next.fds))) break;
      next.deferred.Resolve(Env().Undefined());
    } catch (const SocketError& error) {
      next.deferred.Reject(SystemError(Env(), error.error, error.syscall).Value());
    }
    queue_.pop_front();
  }
  Watch();
}

void Connection::FailQueue(int error) {
  std::deque<Outgoing> dropped;
  dropped.swap(queue_);
  for (const Outgoing& outgoing : dropped) outgoing.deferred.Reject(SystemError(Env(), error, "sendmsg").Value());
}

void Connection::Read() {
  static thread_local std::vector<uint8_t> buffer(kMessageLimit);
  for (int turn = 0; turn < kMessagesATurn && poll_ != nullptr && begun_ && !paused_; turn++) {
    try {
      Received received = Receive(poll_->fd(), buffer.data());
      if (received.state == Received::Nothing) return;
      if (received.state == Received::End) {
        const Napi::CallbackScope scope(Env(), context_);
        return Shut(reset_);
      }
      Deliver(std::move(received), buffer.data());
    } catch (const SocketError& error) {
      if (error.error == ECONNRESET && !reset_) {
        reset_ = error;  // the peer closed without reading everything; what it sent before is still there
        continue;
      }
      const Napi::CallbackScope scope(Env(), context_);
      return Shut(error);
    }
  }
}

void Connection::Deliver(Received received, const uint8_t* buffer) {
  const Napi::Env env = Env();
  const Napi::HandleScope scope(env);
  try {
    const auto message = Napi::Buffer<uint8_t>::Copy(env, buffer, received.size);
    auto fds = Napi::Array::New(env, received.fds.size());
    for (uint32_t i = 0; i < received.fds.size(); i++) fds.Set(i, Napi::Number::New(env, received.fds[i].Release()));
    const Napi::Object handlers = handlers_.Value();
    Call(context_, handlers, handlers.Get("message"), {message, fds});
  } catch (const Napi::Error& error) {
    Uncaught(error);
  }
}

void Connection::OnClosed() {
  const Napi::Env env = Env();
  const Napi::HandleScope scope(env);
  try {
    if (begun_) {
      const Napi::Object handlers = handlers_.Value();
      const Napi::Value reason = reason_ ? SystemError(env, reason_->error, reason_->syscall).Value() : env.Null();
      Call(context_, handlers, handlers.Get("close"), {reason});
    }
  } catch (const Napi::Error& error) {
    Uncaught(error);
  }
  handlers_.Reset();
  Unref();
}

}  // namespace sherin::ipc
