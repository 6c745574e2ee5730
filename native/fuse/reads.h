#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "content.h"
#include "pending.h"
#include "prefetch.h"

namespace sherin::fuse {

/**
 * Bytes of the largest read. Not the 1 MiB that the kernel can send: of four requests one is decrypted while another waits
 * for the disk and a third is copied, and more than one core works for one reader.
 */
constexpr size_t kLargestRead = 256 * 1024;

/**
 * Answers reads on the thread that got them: decrypts and verifies straight into the reply. What it can't answer, since a
 * cube fails, is refused or not known yet, is left to JavaScript, which finds out why. Any thread.
 */
class Reads {
 public:
  /** `most`: reads under way at one time; JavaScript has the others, so that a disk that hangs leaves threads free. */
  Reads(Pending& pending, Prefetch& prefetch, size_t most);

  /** False when nothing was answered and JavaScript has to. */
  bool Serve(fuse_req_t request, const std::shared_ptr<Content>& content, uint64_t offset, size_t size);

 private:
  class UnderWay;
  bool Answer(fuse_req_t request, Pending::Id id, const std::shared_ptr<Content>& content,
              const std::vector<Part>& parts, uint64_t offset, size_t length, uint8_t* out);

  Pending& pending_;
  Prefetch& prefetch_;
  const size_t most_;
  std::atomic<size_t> under_way_{0};
};

}  // namespace sherin::fuse
