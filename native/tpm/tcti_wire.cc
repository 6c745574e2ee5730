#include "tcti_wire.h"

#include <fcntl.h>
#include <poll.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <cerrno>

#include "../error.h"

namespace sherin::tpm {
namespace {

/** tpm2-tss reports every failure as "IO failure"; for a device the errno can be had by opening it. */
[[noreturn]] void ThrowUnreachable(const std::string& tcti, TSS2_RC rc) {
  const std::string prefix = "device:";
  if (tcti.compare(0, prefix.size(), prefix) == 0) {
    const std::string device = tcti.substr(prefix.size());
    const int fd = open(device.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) {
      throw Failure(ErrnoName(errno), "the TPM device " + device + " can not be opened", std::nullopt, "open");
    }
    close(fd);
  }
  throw Failure(rc == TSS2_TCTI_RC_IO_ERROR ? "ECONNREFUSED" : "EINVAL",
                "no TPM can be reached by the TCTI string given", std::nullopt, "Tss2_TctiLdr_Initialize");
}

}  // namespace

TctiWire::TctiWire(const std::string& tcti) {
  const TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti.c_str(), &tcti_);
  if (rc != TSS2_RC_SUCCESS) ThrowUnreachable(tcti, rc);
}

TctiWire::~TctiWire() { Tss2_TctiLdr_Finalize(&tcti_); }

const char* TctiWire::Send(const uint8_t* command, size_t size, Deadline&) {
  return Tss2_Tcti_Transmit(tcti_, size, command) == TSS2_RC_SUCCESS ? nullptr : "EIO";
}

const char* TctiWire::Receive(uint8_t* answer, size_t& size, Deadline& deadline) {
  pollfd handle{};
  size_t count = 1;
  if (Tss2_Tcti_GetPollHandles(tcti_, &handle, &count) == TSS2_RC_SUCCESS && count == 1) {
    if (const char* failure = deadline.Await(handle.fd, POLLIN)) return failure;
  }
  return Tss2_Tcti_Receive(tcti_, &size, answer, TSS2_TCTI_TIMEOUT_BLOCK) == TSS2_RC_SUCCESS ? nullptr : "EIO";
}

}  // namespace sherin::tpm
