#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "deadline.h"

namespace sherin::tpm {

/** Carries commands and answers, one after the other. Failures are errno names; nullptr is success. */
class Wire {
 public:
  virtual ~Wire() = default;
  virtual const char* Send(const uint8_t* command, size_t size, Deadline& deadline) = 0;
  /** `size`: room on the way in, the answer's bytes on the way out. */
  virtual const char* Receive(uint8_t* answer, size_t& size, Deadline& deadline) = 0;
};

/**
 * The wire of a TCTI string. `swtpm:path=` is a socket of our own; tpm2-tss's offers no way to wait with a deadline
 * and wants the control socket as well. Everything else goes through Tss2_TctiLdr. @throws Failure
 */
std::unique_ptr<Wire> OpenWire(const std::string& tcti);

}  // namespace sherin::tpm
