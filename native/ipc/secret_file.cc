#include "secret_file.h"

#include <cerrno>
#include <map>
#include <mutex>

#include "locked_mapping.h"
#include "memory_file.h"
#include "socket.h"

namespace sherin::ipc {
namespace {

std::mutex mutex;

/** By descriptor. Never destroyed: a file that is open at the end goes with the process. */
std::map<int, LockedMapping>& Held() {
  static auto* const held = new std::map<int, LockedMapping>();
  return *held;
}

}  // namespace

Fd NewSecretFile(size_t size) {
  Fd file = NewMemoryFile("sherin-secret", static_cast<int64_t>(size));
  if (size == 0) return file;  // it has no page
  LockedMapping mapping(file, size);
  const std::lock_guard<std::mutex> lock(mutex);
  Held().erase(file.get());
  Held().emplace(file.get(), std::move(mapping));
  return file;
}

void CloseSecretFile(int fd) {
  const std::lock_guard<std::mutex> lock(mutex);
  Held().erase(fd);
  if (close(fd) != 0) throw SocketError{errno, "close"};
}

}  // namespace sherin::ipc
