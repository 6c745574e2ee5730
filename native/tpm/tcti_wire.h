#pragma once
#include <tss2/tss2_tcti.h>

#include <string>

#include "wire.h"

namespace sherin::tpm {

/**
 * A TCTI of tpm2-tss, found by its string: devices, resource managers, simulators. Where it has no poll handle, as
 * tpm2-tss 3.2 as Debian builds it, only the kernel's own limits end a wait for a device.
 */
class TctiWire : public Wire {
 public:
  /** @throws Failure with the errno of the device; ECONNREFUSED; EINVAL for an unknown TCTI */
  explicit TctiWire(const std::string& tcti);
  ~TctiWire() override;
  TctiWire(const TctiWire&) = delete;
  TctiWire& operator=(const TctiWire&) = delete;

  const char* Send(const uint8_t* command, size_t size, Deadline& deadline) override;
  const char* Receive(uint8_t* answer, size_t& size, Deadline& deadline) override;

 private:
  TSS2_TCTI_CONTEXT* tcti_ = nullptr;
};

}  // namespace sherin::tpm
