#include "second_device.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

namespace sherin::fuse {
namespace {

/** Set in the number of a request that interrupts another, which has the number without it (FUSE_INT_REQ_BIT of the kernel). */
constexpr uint64_t kInterrupts = 1;

bool IsAnswered(uint32_t opcode) {
  return opcode != FUSE_FORGET && opcode != FUSE_BATCH_FORGET && opcode != FUSE_INTERRUPT;
}

}  // namespace

void SecondDevice::Open(int device) {
  const int opened = open("/dev/fuse", O_RDWR | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) return;
  auto first = static_cast<uint32_t>(device);
  if (ioctl(opened, FUSE_DEV_IOC_CLONE, &first) != 0) {
    close(opened);
    return;
  }
  descriptor_ = opened;
}

void SecondDevice::Close() {
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = -1;
}

ssize_t SecondDevice::Receive(void* bytes, size_t size) {
  const ssize_t got = read(descriptor_, bytes, size);
  if (got < static_cast<ssize_t>(sizeof(fuse_in_header))) return got;
  fuse_in_header header;
  memcpy(&header, bytes, sizeof header);
  if (IsAnswered(header.opcode)) {
    const std::lock_guard<std::mutex> lock(mutex_);
    received_.insert(header.unique);
  }
  return got;
}

int SecondDevice::For(int device, const void* answer, size_t size) {
  fuse_out_header header;
  if (descriptor_ < 0 || size < sizeof header) return device;
  memcpy(&header, answer, sizeof header);
  const std::lock_guard<std::mutex> lock(mutex_);
  // That an interrupt was not understood belongs where the interrupted request is, which is still to be answered.
  const bool interrupts = (header.unique & kInterrupts) != 0;
  const bool ours = interrupts ? received_.count(header.unique & ~kInterrupts) > 0 : received_.erase(header.unique) > 0;
  return ours ? descriptor_ : device;
}

}  // namespace sherin::fuse
