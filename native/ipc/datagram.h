#pragma once
#include <sys/un.h>

#include <cstdint>
#include <string>

#include "fd.h"

namespace sherin::ipc {

/** Bytes of the largest datagram that a pair can be told to take. */
constexpr size_t kDatagramLimit = 65536;

/** Two bound SOCK_DGRAM sockets: `own` tells who sent; `peer` sends to `own` and takes from nobody else. */
struct DatagramPair {
  Fd own;
  Fd peer;
  /** The name of `peer`, as what it sends carries it. */
  sockaddr_un peer_name{};
};

/** Binds both, with mode 0600; neither path may exist. @throws SocketError, and no file is left */
DatagramPair BindPair(const std::string& path, const std::string& peer_path);

/** A datagram with the kernel's word on its sender (SCM_CREDENTIALS); pid 0 for one that can't be seen from here. */
struct Datagram {
  enum { Message, Nothing, Oversize, Descriptors } state;
  size_t size = 0;
  int64_t pid = 0;
  uint32_t uid = 0;
  uint32_t gid = 0;
  /** Sent through the pair's `peer`. */
  bool from_peer = false;
};

/** Takes one datagram into `buffer`; what is longer than `limit` or carries descriptors is only told of. @throws SocketError */
Datagram ReceiveDatagram(int fd, uint8_t* buffer, size_t limit, const sockaddr_un& peer_name);
/** False when the receiver's queue is full. @throws SocketError */
bool SendDatagram(int fd, const std::string& path, const uint8_t* data, size_t size);

}  // namespace sherin::ipc
