#include "wire.h"

#include "socket_wire.h"
#include "tcti_wire.h"

namespace sherin::tpm {

std::unique_ptr<Wire> OpenWire(const std::string& tcti) {
  const std::string prefix = "swtpm:path=";
  const bool plain = tcti.find(',') == std::string::npos;
  if (plain && tcti.compare(0, prefix.size(), prefix) == 0) {
    return std::make_unique<SocketWire>(tcti.substr(prefix.size()));
  }
  return std::make_unique<TctiWire>(tcti);
}

}  // namespace sherin::tpm
