#include "reads.h"

#include <algorithm>

#include "../memory/pages.h"
#include "../memory/wipe.h"

namespace sherin::fuse {
namespace {

/** Parts of at least this size do not go through the vertex cache: the kernel keeps them itself. */
constexpr size_t kThrough = kVertex;
/** The kernel may send the requests of one reader out of order: this close to where it was counts as going on. */
constexpr uint64_t kNear = 2 * kCube;
/**
 * Around a random read of at most this size the rest of its vertex is handed to the kernel. One that does not go on exactly
 * counts as random: the kernel reads ahead of sequential readers in larger pieces.
 */
constexpr size_t kSmall = 16 * 1024;

/** Room for one answer of this thread. */
uint8_t* ReplyBuffer() {
  static thread_local Pages pages = Pages::ForPlaintext(kLargestRead);
  return pages.data();
}

bool ReadPart(Content& content, const Part& part, uint8_t* out) {
  try {
    CubeSource& source = content.source();
    const Outcome outcome = part.range.length >= kThrough
                                ? source.ReadThrough(part.cube, part.range, out + part.at)
                                : source.Read(part.cube, part.range, out + part.at);
    return outcome.ok();
  } catch (const std::exception&) {  // locked, or no memory
    return false;
  }
}

bool ReadParts(Content& content, const std::vector<Part>& parts, uint8_t* out) {
  return std::all_of(parts.begin(), parts.end(),
                     [&](const Part& part) { return ReadPart(content, part, out); });
}

}  // namespace

/** Counts a read. */
class Reads::UnderWay {
 public:
  explicit UnderWay(Reads& reads) : reads_(reads), allowed_(++reads.under_way_ <= reads.most_) {}
  ~UnderWay() { --reads_.under_way_; }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;
  bool allowed() const { return allowed_; }

 private:
  Reads& reads_;
  const bool allowed_;
};

Reads::Reads(Pending& pending, Prefetch& prefetch, size_t most)
    : pending_(pending), prefetch_(prefetch), most_(most) {}

bool Reads::Serve(fuse_req_t request, const std::shared_ptr<Content>& content, uint64_t offset, size_t size) {
  const UnderWay under_way(*this);
  if (!under_way.allowed()) return false;
  if (offset >= content->size()) {
    fuse_reply_buf(request, nullptr, 0);
    return true;
  }
  const size_t length = std::min<uint64_t>({size, content->size() - offset, kLargestRead});
  const auto activity = content->source().Enter();  // lock waits for it, and so for the wiping of the buffer
  uint8_t* const out = ReplyBuffer();
  const WipeAtEnd wipe(out, length);
  std::vector<Part> parts;
  if (!content->PartsOf(offset, length, out, parts)) return false;
  for (const Part& part : parts) {
    if (content->source().Refused(part.cube.id)) return false;
  }
  const Pending::Id id = pending_.Add(request);
  try {
    return Answer(request, id, content, parts, offset, length, out);
  } catch (const std::exception&) {  // no memory, or no thread could be made
    return pending_.Take(id) == nullptr;
  }
}

bool Reads::Answer(fuse_req_t request, Pending::Id id, const std::shared_ptr<Content>& content,
                   const std::vector<Part>& parts, uint64_t offset, size_t length, uint8_t* out) {
  const uint64_t expected = content->Expect(offset + length);
  const uint64_t distance = offset > expected ? offset - expected : expected - offset;
  const bool random = length <= kSmall ? distance != 0 : distance > kNear;
  if (random) {
    if (distance > kNear) content->fetched_to = 0;  // who jumps back reads there anew
    prefetch_.Around(content, offset / kCube);
  } else {
    prefetch_.Ahead(content, offset);
  }

  const bool small = length <= kSmall && parts.size() == 1;
  const bool cached =
      small && content->source().ReadCached(parts[0].cube, parts[0].range, out + parts[0].at);
  // The next reads at random go to the same cube, too: the disk has it soonest as a whole. Here before a small read, whose
  // own bytes come with it, below after a larger one, which would wait for the rest.
  if (random && small && !cached) content->source().FetchAhead(parts[0].cube);
  const bool whole = cached || ReadParts(*content, parts, out);
  if (pending_.Take(id) == nullptr) return true;  // too late: answered by the deadline
  if (!whole || content->revoked()) return false;
  fuse_reply_buf(request, reinterpret_cast<const char*>(out), length);
  if (random && !small) {
    for (const Part& part : parts) content->source().FetchAhead(part.cube);
  }
  if (random && small && !cached) prefetch_.StoreVertex(content, parts[0], offset);
  return true;
}

}  // namespace sherin::fuse
