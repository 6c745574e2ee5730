#pragma once
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

namespace sherin {

/**
 * A failure below the N-API border: thrown on any thread, turned into a NativeError of native/index.ts at the border.
 * Codes: EWIPED, ETAG, ECHECKSUM, ETPM, EPRIMARY, errno names.
 */
class Failure : public std::runtime_error {
 public:
  Failure(std::string code, const std::string& message, std::optional<uint32_t> tpm = std::nullopt,
          std::optional<std::string> syscall = std::nullopt);
  /** A failed system call: code is the errno's name. */
  static Failure Errno(int error, const char* syscall);

  const std::string& code() const { return code_; }
  const std::optional<uint32_t>& tpm() const { return tpm_; }
  const std::optional<std::string>& syscall() const { return syscall_; }

 private:
  std::string code_;
  std::optional<uint32_t> tpm_;
  std::optional<std::string> syscall_;
};

/** `ENOSPC` for 28 and so on. */
std::string ErrnoName(int error);

}  // namespace sherin
