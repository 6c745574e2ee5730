#pragma once
#include <atomic>
#include <memory>
#include <vector>

#include "../work/workers.h"
#include "content.h"
#include "pending.h"

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
  using Contents = std::vector<std::shared_ptr<Content>>;
  /** Hands verified bytes to the kernel's page cache. Runs on the notifier's thread. */
  using Store = std::function<void(uint64_t node, uint64_t offset, const uint8_t* data, size_t size)>;

  /** `most`: reads under way at one time; JavaScript has the others, so that a disk that hangs leaves threads free. */
  Reads(Pending& pending, Workers& notifier, Store store, size_t most);

  /** Waits for what is being fetched ahead, and fetches no more. */
  void Stop() { ahead_.Stop(); }

  /**
   * Fetches files of one slot that will be read soon, all from the disk before the first is decrypted; what is at most a vertex
   * is handed to the kernel. A file that does not verify is left to its first read.
   */
  void Expect(Contents contents);
  /** False when nothing was answered and JavaScript has to. */
  bool Serve(fuse_req_t request, const std::shared_ptr<Content>& content, uint64_t offset, size_t size);

 private:
  class UnderWay;
  bool Answer(fuse_req_t request, Pending::Id id, const std::shared_ptr<Content>& content,
              const std::vector<Part>& parts, uint64_t offset, size_t length, uint8_t* out);
  void FetchAhead(const std::shared_ptr<Content>& content, uint64_t offset);
  void FetchAround(const std::shared_ptr<Content>& content, uint64_t slot);
  void OpenAhead(const std::shared_ptr<Content>& content, uint64_t first);
  bool FetchSlot(const std::shared_ptr<Content>& content, uint64_t slot);
  void StoreWholes(const std::shared_ptr<Contents>& group, const CubeSource::Activity& activity);
  void StoreVertex(const std::shared_ptr<Content>& content, const Part& part, uint64_t offset);

  Pending& pending_;
  Workers& notifier_;
  const Store store_;
  const size_t most_;
  std::atomic<size_t> under_way_{0};
  /** Fetch, open and verify what will be read soon; what is more than they have room for is left to its reads. */
  Workers ahead_;
};

}  // namespace sherin::fuse
