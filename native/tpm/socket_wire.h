#pragma once
#include <string>

#include "wire.h"

namespace sherin::tpm {

/** The data socket of swtpm (swtpm(8), `--server type=unixio`): bare commands and answers of TPM 2.0 Part 3. */
class SocketWire : public Wire {
 public:
  /** @throws Failure ENOENT, ECONNREFUSED, EACCES… */
  explicit SocketWire(const std::string& path);
  ~SocketWire() override;
  SocketWire(const SocketWire&) = delete;
  SocketWire& operator=(const SocketWire&) = delete;

  const char* Send(const uint8_t* command, size_t size, Deadline& deadline) override;
  const char* Receive(uint8_t* answer, size_t& size, Deadline& deadline) override;

 private:
  const char* ReadExactly(uint8_t* out, size_t size, Deadline& deadline);
  int fd_;
};

}  // namespace sherin::tpm
