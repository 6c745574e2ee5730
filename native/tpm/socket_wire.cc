#include "socket_wire.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "../error.h"

namespace sherin::tpm {
namespace {

/** u16 tag, u32 size of the whole answer, u32 response code; big-endian (TPM 2.0 Part 1, 18.3). */
constexpr size_t kHeaderSize = 10;

uint32_t SizeOf(const uint8_t* header) {
  return static_cast<uint32_t>(header[2]) << 24 | static_cast<uint32_t>(header[3]) << 16 |
         static_cast<uint32_t>(header[4]) << 8 | header[5];
}

/** A peer that was killed shows as end of file, as a reset or as a broken pipe; all mean the same. */
const char* Lost(int error) {
  return error == 0 || error == EPIPE || error == ECONNRESET ? "ECONNRESET" : "EIO";
}

}  // namespace

SocketWire::SocketWire(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    throw Failure("ENAMETOOLONG", "the path of the software TPM's socket is too long", std::nullopt, "connect");
  }
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  fd_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw Failure::Errno(errno, "socket");
  if (connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close(fd_);
    throw Failure(ErrnoName(error), "the software TPM does not answer at its socket", std::nullopt, "connect");
  }
}

SocketWire::~SocketWire() { close(fd_); }

const char* SocketWire::Send(const uint8_t* command, size_t size, Deadline& deadline) {
  for (size_t sent = 0; sent < size;) {
    if (const char* failure = deadline.Await(fd_, POLLOUT)) return failure;
    const ssize_t count = send(fd_, command + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Lost(errno);
    if (count > 0) sent += static_cast<size_t>(count);
  }
  return nullptr;
}

const char* SocketWire::Receive(uint8_t* answer, size_t& size, Deadline& deadline) {
  if (size < kHeaderSize) return "EPROTO";
  if (const char* failure = ReadExactly(answer, kHeaderSize, deadline)) return failure;
  const size_t whole = SizeOf(answer);
  if (whole < kHeaderSize || whole > size) return "EPROTO";
  size = whole;
  return ReadExactly(answer + kHeaderSize, whole - kHeaderSize, deadline);
}

const char* SocketWire::ReadExactly(uint8_t* out, size_t size, Deadline& deadline) {
  for (size_t got = 0; got < size;) {
    if (const char* failure = deadline.Await(fd_, POLLIN)) return failure;
    const ssize_t count = recv(fd_, out + got, size - got, MSG_DONTWAIT);
    if (count == 0) return Lost(0);
    if (count < 0 && errno != EAGAIN && errno != EINTR) return Lost(errno);
    if (count > 0) got += static_cast<size_t>(count);
  }
  return nullptr;
}

}  // namespace sherin::tpm
