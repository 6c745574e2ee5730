#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <string>

#include "fd.h"

namespace sherin::ipc {

/** The address of a path of any length: one that does not fit goes through a descriptor of its directory. */
class Address {
 public:
  /** @throws SocketError */
  explicit Address(const std::string& path);
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static constexpr socklen_t size() { return sizeof(sockaddr_un); }

 private:
  Fd folder_;
  sockaddr_un address_{};
};

}  // namespace sherin::ipc
