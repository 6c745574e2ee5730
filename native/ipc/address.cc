#include "address.h"

#include <fcntl.h>
#include <linux/limits.h>

#include <cerrno>
#include <cstring>

#include "socket.h"

namespace sherin::ipc {

Address::Address(const std::string& path) {
  if (path.empty() || path.size() >= PATH_MAX) throw SocketError{ENAMETOOLONG, "bind"};
  address_.sun_family = AF_UNIX;
  std::string name = path;
  if (name.size() >= sizeof address_.sun_path) {
    const size_t slash = path.rfind('/');
    const std::string folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    folder_ = Fd(open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!folder_) throw SocketError{errno, "open"};
    name = "/proc/self/fd/" + std::to_string(folder_.get()) + "/" + path.substr(slash + 1);
    if (name.size() >= sizeof address_.sun_path) throw SocketError{ENAMETOOLONG, "bind"};
  }
  std::memcpy(address_.sun_path, name.c_str(), name.size() + 1);
}

}  // namespace sherin::ipc
