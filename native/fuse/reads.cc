#include "reads.h"

#include <string.h>

#include <algorithm>

#include "../failure.h"
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
/** Cubes asked for ahead of a sequential reader. */
constexpr uint64_t kAhead = 4;
constexpr size_t kMostAhead = 1024;
/** Small files that one thread takes at once: waking one costs as much as fetching some of them. */
constexpr size_t kTogether = 8;
constexpr size_t kMostStores = 256;

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

/** Has the disk fetch cubes as wholes. */
void FetchCubes(Content& content, const std::vector<Part>& parts) {
  for (const Part& part : parts) content.source().FetchAhead(part.cube);
}

/**
 * Gives `work` the parts of a small file that was prepared, and this thread's buffer. Not once it is open: a read that is
 * under way has locked its pages, and storing them would wait for it.
 */
template <typename Work>
void WithSmall(Content& content, Work work) {
  uint8_t* const out = ReplyBuffer();
  const WipeAtEnd wipe(out, content.size());
  std::vector<Part> parts;
  if (!content.revoked() && !content.taken() && content.PartsOf(0, content.size(), out, parts)) work(parts, out);
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

Reads::Reads(Pending& pending, Workers& notifier, Store store, size_t most)
    : pending_(pending),
      notifier_(notifier),
      store_(std::move(store)),
      most_(most),
      ahead_(4) {}

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
    FetchAround(content, offset / kCube);
  } else {
    FetchAhead(content, offset);
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
  if (random && !small) FetchCubes(*content, parts);
  if (random && small && !cached) StoreVertex(content, parts[0], offset);
  return true;
}

void Reads::Expect(Contents contents) {
  std::vector<std::shared_ptr<Contents>> groups;
  for (auto& content : contents) {
    if (groups.empty() || groups.back()->size() == kTogether) groups.push_back(std::make_shared<Contents>());
    groups.back()->push_back(std::move(content));
  }
  const auto activity = groups.empty() ? nullptr : groups[0]->front()->source().Enter();
  for (const auto& group : groups) {
    ahead_.SubmitIdle([group, activity] {
      for (const auto& content : *group) {
        std::vector<Part> parts;
        if (content->CubesOf(0, parts)) FetchCubes(*content, parts);
      }
    }, kMostAhead);
  }
  for (const auto& group : groups) {
    ahead_.SubmitIdle([this, group, activity] {
      for (const auto& content : *group) {
        if (content->size() > kVertex) continue;
        WithSmall(*content, [&](const std::vector<Part>& parts, uint8_t* out) { ReadParts(*content, parts, out); });
      }
      StoreWholes(group, activity);
    }, kMostAhead);
  }
}

/** From the cache of verified vertices: the notifier's thread waits for no disk. */
void Reads::StoreWholes(const std::shared_ptr<Contents>& group, const CubeSource::Activity& activity) {
  notifier_.SubmitIdle([this, group, activity] {
    for (const auto& content : *group) {
      if (content->size() > kVertex) continue;
      WithSmall(*content, [&](const std::vector<Part>& parts, uint8_t* out) {
        const bool cached = std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
          return !content->source().Refused(part.cube.id) &&
                 content->source().ReadCached(part.cube, part.range, out + part.at);
        });
        if (cached) store_(content->node(), 0, out, content->size());
      });
    }
  }, kMostStores);
}

void Reads::FetchAhead(const std::shared_ptr<Content>& content, uint64_t offset) {
  const uint64_t slot = offset / kCube;
  const uint64_t last = std::min(slot + kAhead, (content->size() - 1) / kCube);
  for (uint64_t next = std::max(slot + 1, content->fetched_to.load()); next <= last; ++next) {
    if (!FetchSlot(content, next)) return;
    content->fetched_to = next + 1;
  }
}

void Reads::FetchAround(const std::shared_ptr<Content>& content, uint64_t slot) {
  const RandomTouches::Next next = content->touches.Touch(slot);
  if (next.first) OpenAhead(content, slot / RandomTouches::kGroup * RandomTouches::kGroup);
  for (const uint64_t more : next.more) FetchSlot(content, more);
}

/** The next random read goes to any cube of the group, and opening one costs a disk several reads. */
void Reads::OpenAhead(const std::shared_ptr<Content>& content, uint64_t first) {
  for (uint64_t slot = first; slot < first + RandomTouches::kGroup; ++slot) {
    std::vector<Part> parts;
    if (!content->CubesOf(slot, parts)) continue;
    for (const Part& part : parts) {
      ahead_.SubmitIdle([content, cube = part.cube, activity = content->source().Enter()] {
        if (!content->revoked()) content->source().OpenAhead(cube);
      }, kMostAhead);
    }
  }
}

/** False when the slot is not known yet. */
bool Reads::FetchSlot(const std::shared_ptr<Content>& content, uint64_t slot) {
  std::vector<Part> parts;
  if (!content->CubesOf(slot, parts)) return false;
  ahead_.SubmitIdle([content, parts, activity = content->source().Enter()] { FetchCubes(*content, parts); }, kMostAhead);
  return true;
}

void Reads::StoreVertex(const std::shared_ptr<Content>& content, const Part& part, uint64_t offset) {
  if (part.range.first() != part.range.last()) return;
  notifier_.SubmitIdle([this, content, part, offset, activity = content->source().Enter()] {
    if (content->revoked()) return;
    const size_t start = part.range.first() * kVertex;
    const Range vertex{start, std::min<size_t>(kVertex, part.cube.length - start)};
    uint8_t* const out = ReplyBuffer();
    const WipeAtEnd wipe(out, vertex.length);
    if (!content->source().ReadCached(part.cube, vertex, out)) return;
    // The pages that the read itself fills are locked by it until its answer: they are left out.
    const size_t before = part.range.offset - start, behind = before + part.range.length;
    const uint64_t at = offset + part.at - before;
    const size_t end = std::min<uint64_t>(vertex.length, content->size() - at);
    const size_t first = before / kBlock * kBlock, rest = RoundUp(behind, kBlock);
    if (first > 0) store_(content->node(), at, out, first);
    if (rest < end) store_(content->node(), at + rest, out + rest, end - rest);
  }, kMostStores);
}

}  // namespace sherin::fuse
