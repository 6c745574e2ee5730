#pragma once
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_set>

namespace sherin::fuse {

/**
 * A second descriptor of a connection to the kernel, which does not wait (FUSE_DEV_IOC_CLONE of linux/fuse.h): requests come by
 * whichever is read first, and each is answered where it was received. For a thread that looks for requests while it is awake.
 */
class SecondDevice {
 public:
  SecondDevice() = default;
  ~SecondDevice() { Close(); }
  SecondDevice(const SecondDevice&) = delete;
  SecondDevice& operator=(const SecondDevice&) = delete;

  /** Where the kernel gives no second descriptor there is none. */
  void Open(int device);
  /** What was received by it and not answered ends with ECONNABORTED. No other call may be under way. */
  void Close();
  bool valid() const { return descriptor_ >= 0; }

  /** As read(2) of a request; EAGAIN when there is none. */
  ssize_t Receive(void* bytes, size_t size);
  /** The descriptor that an answer, or what tells the kernel something, has to go to. Any thread. */
  int For(int device, const void* answer, size_t size);

 private:
  int descriptor_ = -1;
  std::mutex mutex_;
  /** Of requests received by it and not answered. */
  std::unordered_set<uint64_t> received_;
};

}  // namespace sherin::fuse
