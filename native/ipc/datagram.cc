#include "datagram.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>

#include "address.h"
#include "socket.h"

namespace sherin::ipc {
namespace {

Fd Bind(const std::string& path, int flags) {
  Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | flags, 0));
  if (!fd) throw SocketError{errno, "socket"};
  const int on = 1;
  // Before it has a name: no datagram comes without credentials.
  if (setsockopt(fd.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on) != 0) throw SocketError{errno, "setsockopt"};
  const Address address(path);
  if (bind(fd.get(), address.get(), Address::size()) != 0) throw SocketError{errno, "bind"};
  if (chmod(path.c_str(), 0600) != 0) {
    const int error = errno;
    unlink(path.c_str());
    throw SocketError{error, "chmod"};
  }
  return fd;
}

}  // namespace

DatagramPair BindPair(const std::string& path, const std::string& peer_path) {
  DatagramPair pair;
  pair.own = Bind(path, SOCK_NONBLOCK);
  try {
    pair.peer = Bind(peer_path, 0);
    const Address address(path);
    if (connect(pair.peer.get(), address.get(), Address::size()) != 0) {
      const int error = errno;
      unlink(peer_path.c_str());
      throw SocketError{error, "connect"};
    }
    socklen_t size = sizeof pair.peer_name;
    getsockname(pair.peer.get(), reinterpret_cast<sockaddr*>(&pair.peer_name), &size);
    const int off = 0;
    setsockopt(pair.peer.get(), SOL_SOCKET, SO_PASSCRED, &off, sizeof off);
  } catch (const SocketError&) {
    unlink(path.c_str());
    throw;
  }
  return pair;
}

Datagram ReceiveDatagram(int fd, uint8_t* buffer, size_t limit, const sockaddr_un& peer_name) {
  // No room for descriptors: the kernel closes what comes along and says so.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(ucred))];
  iovec data{buffer, limit};
  sockaddr_un name{};
  msghdr message{};
  message.msg_name = &name;
  message.msg_namelen = sizeof name;
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size;
  do {
    size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return {Datagram::Nothing};
  if (size < 0) throw SocketError{errno, "recvmsg"};

  Datagram datagram{Datagram::Message, static_cast<size_t>(size)};
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header != nullptr && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_CREDENTIALS) {
    ucred who{};
    std::memcpy(&who, CMSG_DATA(header), sizeof who);
    datagram.pid = who.pid;
    datagram.uid = who.uid;
    datagram.gid = who.gid;
  } else {
    datagram.uid = datagram.gid = UINT32_MAX;  // nobody's: (uid_t)-1 is no user
  }
  // Both began as zeros, so that equal names are equal bytes; a socket without a name has none.
  datagram.from_peer = message.msg_namelen > sizeof(sa_family_t) && std::memcmp(&name, &peer_name, sizeof name) == 0;
  if ((message.msg_flags & MSG_CTRUNC) != 0) datagram.state = Datagram::Descriptors;
  if ((message.msg_flags & MSG_TRUNC) != 0) datagram.state = Datagram::Oversize;
  return datagram;
}

bool SendDatagram(int fd, const std::string& path, const uint8_t* data, size_t size) {
  const Address address(path);
  ssize_t sent;
  do {
    sent = sendto(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT, address.get(), Address::size());
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) return false;
  if (sent < 0) throw SocketError{errno, "sendto"};
  return true;
}

}  // namespace sherin::ipc
