#pragma once
#include <cstddef>
#include <memory>

#include "../memory/locked.h"

namespace sherin {

/**
 * A key on its way to another process of ours: in a memory file that is sealed, so that whoever has the descriptor can read it and
 * nothing else. The mapping by which it was written stays the only one that can, and overwrites it when this ends.
 */
class HandedKey {
 public:
  /** @throws Failure with an errno name */
  explicit HandedKey(const LockedBytes& key);
  ~HandedKey();
  HandedKey(const HandedKey&) = delete;
  HandedKey& operator=(const HandedKey&) = delete;

  /** Closed when this ends. */
  int fd() const { return fd_; }

  /** Reads what was handed over, and keeps a copy in locked memory. @throws Failure EINVAL for what is no such file of this size */
  static LockedBytes Take(int fd, size_t size);

 private:
  int fd_ = -1;
  size_t size_ = 0;
  void* at_ = nullptr;
};

}  // namespace sherin
