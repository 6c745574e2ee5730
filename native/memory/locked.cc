#include "locked.h"

#include <string.h>

#include <utility>

#include "arena.h"
#include "residue.h"

namespace sherin {

LockedBytes::LockedBytes(size_t size) : size_(size) {
  const Arena::Block block = Arena::Instance().Take(size);
  data_ = block.data;
  capacity_ = block.capacity;
}

LockedBytes::LockedBytes(const uint8_t* data, size_t size) : LockedBytes(size) {
  if (size > 0) memcpy(data_, data, size);
  ScrubRegisters();
}

LockedBytes::LockedBytes(LockedBytes&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      capacity_(std::exchange(other.capacity_, 0)) {}

LockedBytes& LockedBytes::operator=(LockedBytes&& other) noexcept {
  if (this != &other) {
    wipe();
    data_ = std::exchange(other.data_, nullptr);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
  }
  return *this;
}

void LockedBytes::wipe() noexcept {
  if (data_ == nullptr) return;
  explicit_bzero(data_, capacity_);
  Arena::Instance().Give(data_, capacity_);
  data_ = nullptr;
  size_ = 0;
  capacity_ = 0;
}

void LockedBytes::truncate(size_t size) noexcept {
  if (size >= size_) return;
  explicit_bzero(data_ + size, size_ - size);
  size_ = size;
}

}  // namespace sherin
