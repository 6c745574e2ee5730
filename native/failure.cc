#include "failure.h"

#include <string.h>

#include <utility>

namespace sherin {

Failure::Failure(std::string code, const std::string& message, std::optional<uint32_t> tpm,
                 std::optional<std::string> syscall)
    : std::runtime_error(message), code_(std::move(code)), tpm_(tpm), syscall_(std::move(syscall)) {}

Failure Failure::Errno(int error, const char* syscall) {
  const std::string name = ErrnoName(error);
  return Failure(name, std::string(syscall) + ": " + name, std::nullopt, syscall);
}

std::string ErrnoName(int error) {
  const char* const name = strerrorname_np(error);
  return name == nullptr ? "E" + std::to_string(error) : name;
}

}  // namespace sherin
