#include "socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <system_error>
#include <thread>
#include <utility>

#include "address.h"

namespace sherin::ipc {
namespace {

/** Room for several of the largest messages; the kernel caps it at net.core.wmem_max and doubles it. */
constexpr int kSendBuffer = 4 * static_cast<int>(kMessageLimit);

Fd NewSocket(int flags) {
  Fd fd(socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0));
  if (!fd) throw SocketError{errno, "socket"};
  return fd;
}

/** True when a socket file's listener is gone: only then may the file be replaced. */
bool IsDead(const Address& address, const std::string& path) {
  struct stat facts;
  if (lstat(path.c_str(), &facts) != 0) throw SocketError{errno, "lstat"};
  if (!S_ISSOCK(facts.st_mode)) return false;
  const Fd probe = NewSocket(SOCK_NONBLOCK);
  return connect(probe.get(), address.get(), Address::size()) != 0 && errno == ECONNREFUSED;
}

void EnlargeSendBuffer(int fd) { setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer); }

std::vector<uint32_t> GroupsOf(int fd) {
  std::vector<gid_t> groups(64);
  for (;;) {
    auto size = static_cast<socklen_t>(groups.size() * sizeof(gid_t));
    const int result = getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups.data(), &size);
    if (result != 0 && errno != ERANGE) throw SocketError{errno, "getsockopt"};
    groups.resize(size / sizeof(gid_t));
    if (result == 0) return groups;
  }
}

/** Closes what nobody will take on a thread that nobody waits for: a file system of the sender can hold up a close. */
void CloseElsewhere(std::vector<Fd> fds) {
  if (fds.empty()) return;
  try {
    std::thread([fds = std::move(fds)]() mutable { fds.clear(); }).detach();
  } catch (const std::system_error&) {
    // no thread can be made: they were closed here
  }
}

}  // namespace

Fd Listen(const std::string& path, unsigned mode) {
  Fd fd = NewSocket(SOCK_NONBLOCK);
  const Address address(path);
  if (bind(fd.get(), address.get(), Address::size()) != 0) {
    if (errno != EADDRINUSE) throw SocketError{errno, "bind"};
    if (!IsDead(address, path)) throw SocketError{EADDRINUSE, "bind"};
    if (unlink(path.c_str()) != 0 && errno != ENOENT) throw SocketError{errno, "unlink"};
    if (bind(fd.get(), address.get(), Address::size()) != 0) throw SocketError{errno, "bind"};
  }
  // Nobody gets through before listen(2), so the mode in between does not matter.
  if (chmod(path.c_str(), mode) != 0 || listen(fd.get(), SOMAXCONN) != 0) {
    const int error = errno;
    unlink(path.c_str());
    throw SocketError{error, "listen"};
  }
  return fd;
}

Fd AdoptListener(int number) {
  int type = 0, listens = 0;
  socklen_t size = sizeof(int);
  if (getsockopt(number, SOL_SOCKET, SO_TYPE, &type, &size) != 0) throw SocketError{errno, "getsockopt"};
  if (getsockopt(number, SOL_SOCKET, SO_ACCEPTCONN, &listens, &size) != 0) throw SocketError{errno, "getsockopt"};
  if (type != SOCK_SEQPACKET || listens == 0) throw SocketError{EINVAL, "getsockopt"};
  if (listen(number, SOMAXCONN) != 0) throw SocketError{errno, "listen"};
  return Fd(number);
}

Fd Connect(const std::string& path) {
  const Address address(path);
  // Blocking for at most a second where the listener's queue is full; a Unix socket connects at once otherwise.
  Fd fd = NewSocket(0);
  const timeval patience{1, 0};
  setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(fd.get(), address.get(), Address::size()) != 0) throw SocketError{errno, "connect"};
  if (fcntl(fd.get(), F_SETFL, O_NONBLOCK) != 0) throw SocketError{errno, "fcntl"};
  EnlargeSendBuffer(fd.get());
  return fd;
}

Fd Accept(int listener) {
  Fd fd(accept4(listener, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (fd) {
    EnlargeSendBuffer(fd.get());
  } else if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR) {
    throw SocketError{errno, "accept4"};
  }
  return fd;
}

Peer PeerOf(int fd) {
  ucred who{};
  socklen_t size = sizeof who;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) throw SocketError{errno, "getsockopt"};
  return {who.pid, who.uid, who.gid, GroupsOf(fd)};
}

Received Receive(int fd, uint8_t* buffer) {
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorLimit * sizeof(int))];
  iovec data{buffer, kMessageLimit};
  msghdr message{};
  message.msg_iov = &data;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  ssize_t size;
  do {
    size = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (size < 0 && errno == EINTR);
  if (size < 0 && errno == EAGAIN) return {Received::Nothing};
  if (size < 0) throw SocketError{errno, "recvmsg"};

  Received received{Received::Message, static_cast<size_t>(size), {}};
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    const size_t count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (size_t i = 0; i < count; i++) {
      int passed;
      std::memcpy(&passed, CMSG_DATA(header) + i * sizeof passed, sizeof passed);
      received.fds.emplace_back(passed);
    }
  }
  if ((message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    CloseElsewhere(std::move(received.fds));
    throw SocketError{EMSGSIZE, "recvmsg"};
  }
  // Nobody sends empty messages here, so no bytes mean that the peer has closed; or that it is to be taken so.
  if (size == 0) {
    CloseElsewhere(std::move(received.fds));
    return {Received::End};
  }
  return received;
}

bool Send(int fd, const uint8_t* data, size_t size, const std::vector<int>& fds) {
  alignas(cmsghdr) char control[CMSG_SPACE(kDescriptorLimit * sizeof(int))];
  iovec part{const_cast<uint8_t*>(data), size};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (!fds.empty()) {
    std::memset(control, 0, sizeof control);
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(fds.size() * sizeof(int));
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(header), fds.data(), fds.size() * sizeof(int));
  }
  ssize_t sent;
  do {
    sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0 && (errno == EAGAIN || errno == ENOBUFS)) return false;
  if (sent < 0) throw SocketError{errno, "sendmsg"};
  return true;
}

}  // namespace sherin::ipc
