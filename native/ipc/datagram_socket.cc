#include "datagram_socket.h"

#include <cerrno>
#include <vector>

#include "addon.h"
#include "datagram.h"
#include "failure.h"
#include "socket.h"

namespace sherin::ipc {
namespace {

/** Datagrams taken before others get their turn. */
constexpr int kDatagramsATurn = 64;

Napi::Object SenderObject(Napi::Env env, const Datagram& datagram) {
  auto sender = Napi::Object::New(env);
  sender.Set("pid", Napi::Number::New(env, static_cast<double>(datagram.pid)));
  sender.Set("uid", Napi::Number::New(env, datagram.uid));
  sender.Set("gid", Napi::Number::New(env, datagram.gid));
  sender.Set("fromPeer", Napi::Boolean::New(env, datagram.from_peer));
  return sender;
}

}  // namespace

Napi::Function DatagramSocket::Define(Napi::Env env) {
  return DefineClass(env, "DatagramSocket",
                     {InstanceMethod<&DatagramSocket::Send>("send"), InstanceMethod<&DatagramSocket::Close>("close")});
}

Napi::Value DatagramSocket::BindDatagrams(const Napi::CallbackInfo& info) {
  return Addon::Of(info.Env()).datagrams.New({info[0], info[1], info[2], info[3]});
}

DatagramSocket::DatagramSocket(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<DatagramSocket>(info), context_(info.Env(), "sherin.ipc") {
  const Napi::Env env = info.Env();
  const std::string path = PathOf(info[0]);
  peer_path_ = PathOf(info[1]);
  const double limit = info[2].IsNumber() ? info[2].As<Napi::Number>().DoubleValue() : 0;
  if (!(limit >= 1 && limit <= kDatagramLimit)) throw Napi::TypeError::New(env, "limit must be 1 to 65536");
  limit_ = static_cast<size_t>(limit);
  const bool complete = info[3].IsObject() && info[3].As<Napi::Object>().Get("message").IsFunction() &&
                        info[3].As<Napi::Object>().Get("refused").IsFunction();
  if (!complete) throw Napi::TypeError::New(env, "handlers must have the functions message and refused");
  handlers_ = Napi::Persistent(info[3].As<Napi::Object>());
  DatagramPair pair;
  try {
    pair = BindPair(path, peer_path_);
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
  peer_name_ = pair.peer_name;
  poll_ = Poll::New(env, std::move(pair.own), [this](int) { OnReadable(); },
                    [this] {
                      handlers_.Reset();
                      Unref();
                    });
  Value().DefineProperty(
      Napi::PropertyDescriptor::Value("peerFd", Napi::Number::New(env, pair.peer.Release()), napi_enumerable));
  Ref();
  poll_->Watch(UV_READABLE);
}

Napi::Value DatagramSocket::Send(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (!info[0].IsBuffer()) throw Napi::TypeError::New(env, "message must be a Buffer");
  const auto message = info[0].As<Napi::Buffer<uint8_t>>();
  try {
    if (poll_ == nullptr) throw SocketError{EPIPE, "sendto"};
    if (message.Length() == 0) throw SocketError{EINVAL, "sendto"};
    if (message.Length() > limit_) throw SocketError{EMSGSIZE, "sendto"};
    return Napi::Boolean::New(env, SendDatagram(poll_->fd(), peer_path_, message.Data(), message.Length()));
  } catch (const SocketError& error) {
    throw SystemError(env, error.error, error.syscall);
  }
}

void DatagramSocket::Close(const Napi::CallbackInfo&) {
  if (poll_ == nullptr) return;
  poll_->Close();
  poll_ = nullptr;
}

void DatagramSocket::OnReadable() {
  const Napi::HandleScope scope(Env());
  std::vector<uint8_t> buffer(limit_);
  for (int turn = 0; turn < kDatagramsATurn && poll_ != nullptr; turn++) {
    if (!TakeOne(buffer.data())) return;
  }
}

bool DatagramSocket::TakeOne(uint8_t* buffer) {
  const Napi::Env env = Env();
  const Napi::HandleScope scope(env);
  try {
    const Datagram datagram = ReceiveDatagram(poll_->fd(), buffer, limit_, peer_name_);
    if (datagram.state == Datagram::Nothing) return false;
    const Napi::Object handlers = handlers_.Value();
    const Napi::Object sender = SenderObject(env, datagram);
    if (datagram.state == Datagram::Message) {
      const auto message = Napi::Buffer<uint8_t>::Copy(env, buffer, datagram.size);
      Call(context_, handlers, handlers.Get("message"), {message, sender});
    } else {
      const char* reason = datagram.state == Datagram::Oversize ? "oversize" : "descriptors";
      Call(context_, handlers, handlers.Get("refused"), {Napi::String::New(env, reason), sender});
    }
    return true;
  } catch (const SocketError&) {
    return false;  // a socket without connection has none to lose; the next turn tries again
  } catch (const Napi::Error& error) {
    Uncaught(error);
    return true;
  }
}

}  // namespace sherin::ipc
