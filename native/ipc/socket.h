#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "fd.h"

namespace sherin::ipc {

/** Bytes of the largest message, and descriptors of one. */
constexpr size_t kMessageLimit = 131072;
constexpr size_t kDescriptorLimit = 64;

/** Peer of native/ipc.ts. */
struct Peer {
  int64_t pid;
  uint32_t uid;
  uint32_t gid;
  std::vector<uint32_t> groups;
};

/** A call of the system that failed; thrown and caught inside this folder. */
struct SocketError {
  int error;
  const char* syscall;
};

/** A bound and listening SOCK_SEQPACKET socket; `mode` holds before anyone can connect. @throws SocketError */
Fd Listen(const std::string& path, unsigned mode);
/**
 * Takes over a listening SOCK_SEQPACKET socket of another process: whoever connects from now on is shown this one as its peer.
 * @throws SocketError
 */
Fd AdoptListener(int fd);
/** @throws SocketError */
Fd Connect(const std::string& path);
/** Takes one waiting connection; an empty Fd when there is none. @throws SocketError */
Fd Accept(int listener);
/** SO_PEERCRED and SO_PEERGROUPS: who the peer was when it connected. @throws SocketError */
Peer PeerOf(int fd);

struct Received {
  enum { Message, Nothing, End } state;
  size_t size = 0;
  std::vector<Fd> fds;
};
/**
 * Receives one message into `buffer` of kMessageLimit bytes. @throws SocketError EMSGSIZE when message or descriptors
 * were cut short; descriptors that came along are closed.
 */
Received Receive(int fd, uint8_t* buffer);
/** Sends one message; false when it must wait for room. @throws SocketError */
bool Send(int fd, const uint8_t* data, size_t size, const std::vector<int>& fds);

}  // namespace sherin::ipc
