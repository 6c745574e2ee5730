#include "held_data.h"

#include <string.h>

#include <utility>

namespace sherin::fuse {

DataPool::Data::Data(DataPool& pool, const uint8_t* bytes, size_t size) : pool_(pool), pages_(pool.Get(size)), size_(size) {
  if (size > 0) memcpy(pages_.data(), bytes, size);
}

DataPool::Data::~Data() {
  explicit_bzero(pages_.data(), size_);
  pool_.Return(std::move(pages_));
}

/** Some 5 MiB at most. */
DataPool::DataPool() : shelves_{{{size_t{4} << 10, 32, {}}, {size_t{64} << 10, 16, {}}, {size_t{1} << 20, 4, {}}}} {
  for (Shelf& shelf : shelves_) shelf.free.reserve(shelf.most);  // to return memory takes none
}

std::shared_ptr<const DataPool::Data> DataPool::Keep(const void* bytes, size_t size) {
  return std::make_shared<const Data>(*this, static_cast<const uint8_t*>(bytes), size);
}

size_t DataPool::held() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return held_;
}

Pages DataPool::Get(size_t size) {
  size_t room = size;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (Shelf& shelf : shelves_) {
      if (shelf.size < size) continue;
      room = shelf.size;
      if (shelf.free.empty()) break;
      Pages pages = std::move(shelf.free.back());
      shelf.free.pop_back();
      ++held_;
      return pages;
    }
  }
  Pages pages = Pages::ForPlaintext(room);
  const std::lock_guard<std::mutex> lock(mutex_);
  ++held_;
  return pages;
}

void DataPool::Return(Pages pages) noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  --held_;
  for (Shelf& shelf : shelves_) {
    if (shelf.size == pages.size() && shelf.free.size() < shelf.most) {
      shelf.free.push_back(std::move(pages));
      return;
    }
  }
}

}  // namespace sherin::fuse
