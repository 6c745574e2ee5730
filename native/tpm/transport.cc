#include "transport.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <tss2/tss2_tctildr.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "../error.h"

namespace sherin::tpm {
namespace {

constexpr uint64_t kMagic = 0x5348455249545054;  // "SHERITPT"

/** tpm2-tss reports every failure to connect as "IO failure"; the errno is in the path that the TCTI string names. */
[[noreturn]] void ThrowUnreachable(const std::string& tcti, TSS2_RC rc) {
  const auto named = [&tcti](const char* prefix) -> std::string {
    const std::string start(prefix);
    if (tcti.compare(0, start.size(), start) != 0) return "";
    return tcti.substr(start.size(), tcti.find(',', start.size()) - start.size());
  };
  const std::string device = named("device:");
  if (!device.empty()) {
    const int fd = open(device.c_str(), O_RDWR | O_CLOEXEC);
    if (fd < 0) throw Failure(ErrnoName(errno), "the TPM device " + device + " can not be opened", std::nullopt, "open");
    close(fd);
  }
  const std::string socket = named("swtpm:path=");
  if (!socket.empty()) {
    struct stat facts;
    if (stat(socket.c_str(), &facts) != 0) {
      throw Failure(ErrnoName(errno), "the software TPM's socket can not be reached", std::nullopt, "connect");
    }
    throw Failure("ECONNREFUSED", "the software TPM does not answer at its socket", std::nullopt, "connect");
  }
  throw Failure(rc == TSS2_TCTI_RC_NOT_SUPPORTED || rc == TSS2_TCTI_RC_BAD_VALUE ? "EINVAL" : "ECONNREFUSED",
                "no TPM can be reached by the TCTI string given", std::nullopt, "Tss2_TctiLdr_Initialize");
}

}  // namespace

Transport::Transport(const std::string& tcti) {
  const TSS2_RC rc = Tss2_TctiLdr_Initialize(tcti.c_str(), &inner_);
  if (rc != TSS2_RC_SUCCESS) ThrowUnreachable(tcti, rc);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (wake_ < 0) {
    const int error = errno;
    Tss2_TctiLdr_Finalize(&inner_);
    throw Failure::Errno(error, "eventfd");
  }
  context_.common.v1 = {kMagic, 2, Transmit, Receive, nullptr, NotImplemented, NoPollHandles, NoLocality};
  context_.common.makeSticky = [](TSS2_TCTI_CONTEXT*, TPM2_HANDLE*, uint8_t) { return TSS2_TCTI_RC_NOT_IMPLEMENTED; };
  context_.self = this;
}

Transport::~Transport() {
  Tss2_TctiLdr_Finalize(&inner_);
  close(wake_);
}

TSS2_TCTI_CONTEXT* Transport::context() { return reinterpret_cast<TSS2_TCTI_CONTEXT*>(&context_); }

void Transport::Hurry(std::chrono::milliseconds left) {
  limit_ = (Clock::now() + left).time_since_epoch().count();
  const uint64_t one = 1;
  // A full counter already wakes the waiter.
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof one);
}

Transport& Transport::Self(TSS2_TCTI_CONTEXT* context) { return *reinterpret_cast<Context*>(context)->self; }

TSS2_RC Transport::Break(const char* code) {
  if (broken_ == nullptr) broken_ = code;
  return TSS2_TCTI_RC_IO_ERROR;
}

TSS2_RC Transport::Transmit(TSS2_TCTI_CONTEXT* context, size_t size, const uint8_t* command) {
  Transport& self = Self(context);
  if (self.broken_ != nullptr) return TSS2_TCTI_RC_NO_CONNECTION;
  const TSS2_RC rc = Tss2_Tcti_Transmit(self.inner_, size, command);
  return rc == TSS2_RC_SUCCESS ? rc : self.Break("ECONNRESET");
}

TSS2_RC Transport::Receive(TSS2_TCTI_CONTEXT* context, size_t* size, uint8_t* response, int32_t /* always blocking */) {
  Transport& self = Self(context);
  if (self.broken_ != nullptr) return TSS2_TCTI_RC_NO_CONNECTION;
  if (response != nullptr && !self.AwaitAnswer()) return TSS2_TCTI_RC_IO_ERROR;
  const TSS2_RC rc = Tss2_Tcti_Receive(self.inner_, size, response, TSS2_TCTI_TIMEOUT_BLOCK);
  return rc == TSS2_RC_SUCCESS || rc == TSS2_TCTI_RC_INSUFFICIENT_BUFFER ? rc : self.Break("ECONNRESET");
}

bool Transport::AwaitAnswer() {
  pollfd fds[2] = {};
  size_t count = 1;
  // A TCTI without poll handles can only be waited for inside its receive call.
  if (Tss2_Tcti_GetPollHandles(inner_, fds, &count) != TSS2_RC_SUCCESS || count != 1) return true;
  fds[0].events = POLLIN;
  fds[1] = {wake_, POLLIN, 0};
  const Clock::time_point patience = Clock::now() + kPatience;
  for (;;) {
    const Clock::time_point limit = std::min(patience, Clock::time_point(Clock::duration(limit_.load())));
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - Clock::now()).count();
    if (left <= 0) {
      Break("ETIMEDOUT");
      return false;
    }
    const int ready = poll(fds, 2, static_cast<int>(left));
    if (ready < 0 && errno != EINTR) {
      Break("EIO");
      return false;
    }
    if (ready > 0 && fds[0].revents != 0) return true;
    if (ready > 0) {
      uint64_t ignored;
      [[maybe_unused]] const ssize_t drained = read(wake_, &ignored, sizeof ignored);
    }
  }
}

TSS2_RC Transport::NotImplemented(TSS2_TCTI_CONTEXT*) { return TSS2_TCTI_RC_NOT_IMPLEMENTED; }
TSS2_RC Transport::NoPollHandles(TSS2_TCTI_CONTEXT*, TSS2_TCTI_POLL_HANDLE*, size_t*) {
  return TSS2_TCTI_RC_NOT_IMPLEMENTED;
}
TSS2_RC Transport::NoLocality(TSS2_TCTI_CONTEXT*, uint8_t) { return TSS2_TCTI_RC_NOT_IMPLEMENTED; }

}  // namespace sherin::tpm
