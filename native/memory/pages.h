#pragma once
#include <cstddef>
#include <cstdint>

namespace sherin {

/** What keeps a mapping's bytes out of swap and core dumps, best first. */
enum class MemoryKind {
  Secret,    // memfd_secret(2): outside the kernel's direct map, unreadable through /proc/<pid>/mem
  Locked,    // mlock(2) + MADV_DONTDUMP
  Unlocked,  // MADV_DONTDUMP only: never keys
};

/** Page-aligned memory that stays out of core dumps and forked children; wiped before it is unmapped. Move-only. */
class Pages {
 public:
  /** For keys: the best kind that the machine has. @throws std::bad_alloc; Failure of mlock, with its errno: such pages are not given */
  static Pages ForKeys(size_t size);
  /** For bytes that need no protection: page-aligned only. @throws std::bad_alloc */
  static Pages Plain(size_t size);
  /** For plaintext: locked while the limit leaves room for keys. @throws std::bad_alloc */
  static Pages ForPlaintext(size_t size);

  Pages() = default;
  Pages(Pages&& other) noexcept;
  Pages& operator=(Pages&& other) noexcept;
  Pages(const Pages&) = delete;
  Pages& operator=(const Pages&) = delete;
  ~Pages();

  uint8_t* data() const { return data_; }
  size_t size() const { return size_; }
  MemoryKind kind() const { return kind_; }

 private:
  Pages(uint8_t* data, size_t size, MemoryKind kind) : data_(data), size_(size), kind_(kind) {}
  void Release() noexcept;

  uint8_t* data_ = nullptr;
  size_t size_ = 0;
  MemoryKind kind_ = MemoryKind::Unlocked;
};

}  // namespace sherin
