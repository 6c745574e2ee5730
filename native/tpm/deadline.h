#pragma once
#include <atomic>
#include <chrono>

namespace sherin::tpm {

/** Until when answers are waited for; another thread can shorten it. */
class Deadline {
 public:
  /** For one answer. The slowest command in use, an ECC key on a discrete TPM, takes about a second. */
  static constexpr std::chrono::seconds kPatience{90};

  /** @throws Failure */
  Deadline();
  ~Deadline();
  Deadline(const Deadline&) = delete;
  Deadline& operator=(const Deadline&) = delete;

  /** Any thread: ends a wait under way, and every later one, in `left` at the latest. */
  void Limit(std::chrono::milliseconds left);
  /** Waits for `events` of poll(2) on a descriptor. Returns nullptr, or the errno's name: ETIMEDOUT, EIO. */
  const char* Await(int fd, short events);

 private:
  using Clock = std::chrono::steady_clock;
  int wake_;
  std::atomic<Clock::rep> limit_{Clock::time_point::max().time_since_epoch().count()};
};

}  // namespace sherin::tpm
