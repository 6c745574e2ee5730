#pragma once
#include <napi.h>

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

/** An Error with `code` and, where given, `tpm` and `syscall`. Main thread of its environment only. */
Napi::Error NativeError(Napi::Env env, const std::string& code, const std::string& message,
                        std::optional<uint32_t> tpm = std::nullopt,
                        std::optional<std::string> syscall = std::nullopt);
Napi::Error NativeError(Napi::Env env, const Failure& failure);

/** Runs `body` of an N-API function; a Failure becomes a thrown NativeError, any other C++ exception an EIO one. */
template <typename Body>
auto Guarded(Napi::Env env, Body&& body) -> decltype(body()) {
  try {
    return body();
  } catch (const Napi::Error&) {
    throw;
  } catch (const Failure& failure) {
    throw NativeError(env, failure);
  } catch (const std::bad_alloc&) {
    throw NativeError(env, "ENOMEM", "no memory");
  } catch (const std::exception& error) {
    throw NativeError(env, "EIO", error.what());
  }
}

}  // namespace sherin
