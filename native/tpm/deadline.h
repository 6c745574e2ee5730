#pragma once
#include <atomic>
#include <chrono>

namespace sherin::tpm {

/** How long an answer is waited for; another thread can shorten it. */
class Deadline {
 public:
  using Patience = std::chrono::milliseconds;
  /** The slowest command in use, an ECC key on a discrete TPM, takes about a second. */
  static constexpr Patience kPatience{90'000};

  /** @throws Failure */
  Deadline();
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /** Any thread: no wait takes longer than this from now on, nor does the one under way. */
  void Shorten(Patience patience);
  /** Waits for `events` of poll(2) on a descriptor. Returns nullptr, or the errno's name: ETIMEDOUT, EIO. */
  const char* Await(int fd, short events);

 private:
  int wake_;
  std::atomic<Patience> patience_{kPatience};
};

}  // namespace sherin::tpm
