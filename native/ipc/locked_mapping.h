#pragma once
#include <cstddef>

#include "fd.h"

namespace sherin::ipc {

/** Memory that is neither swapped nor dumped, and that no forked child has. Move-only. */
class LockedMapping {
 public:
  /** Zeros; overwritten when this ends. @throws SocketError of mmap, mlock */
  explicit LockedMapping(size_t size);
  /** What a memory file has, to be read: its pages stay in memory, too. @throws SocketError of open, mmap, mlock */
  LockedMapping(const Fd& file, size_t size);
  LockedMapping(LockedMapping&& other) noexcept;
  LockedMapping(const LockedMapping&) = delete;
  LockedMapping& operator=(const LockedMapping&) = delete;
  ~LockedMapping();

  unsigned char* data() const { return static_cast<unsigned char*>(at_); }

 private:
  void Lock();

  void* at_;
  size_t size_;
  bool own_;
};

}  // namespace sherin::ipc
