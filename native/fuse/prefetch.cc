#include "prefetch.h"

#include <algorithm>

#include "../memory/pages.h"
#include "../memory/wipe.h"

namespace sherin::fuse {
namespace {

/** Cubes asked for ahead of a sequential reader. */
constexpr uint64_t kAhead = 4;
constexpr size_t kMostAhead = 1024;
/** Small files that one thread takes at once: waking one costs as much as fetching some of them. */
constexpr size_t kTogether = 8;
constexpr size_t kMostStores = 256;

/** Room for what this thread hands to the kernel: at most a vertex. */
uint8_t* StoreBuffer() {
  static thread_local Pages pages = Pages::ForPlaintext(kVertex);
  return pages.data();
}

/** Verifies into the cache of vertices; what fails is left to its first read. */
void Verify(Content& content, const std::vector<Part>& parts, uint8_t* out) {
  try {
    for (const Part& part : parts) {
      if (!content.source().Read(part.cube, part.range, out + part.at).ok()) return;
    }
  } catch (const std::exception&) {  // locked, or no memory
  }
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
  if (content.size() > kVertex || content.revoked() || content.taken()) return;
  uint8_t* const out = StoreBuffer();
  const WipeAtEnd wipe(out, content.size());
  std::vector<Part> parts;
  if (content.PartsOf(0, content.size(), out, parts)) work(parts, out);
}

}  // namespace

Prefetch::Prefetch(Workers& notifier, Store store) : notifier_(notifier), store_(std::move(store)), ahead_(4) {}

void Prefetch::Expect(Contents contents) {
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
        WithSmall(*content, [&](const std::vector<Part>& parts, uint8_t* out) { Verify(*content, parts, out); });
      }
      StoreWholes(group, activity);
    }, kMostAhead);
  }
}

/** From the cache of verified vertices: the notifier's thread waits for no disk. */
void Prefetch::StoreWholes(const std::shared_ptr<Contents>& group, const CubeSource::Activity& activity) {
  notifier_.SubmitIdle([this, group, activity] {
    for (const auto& content : *group) {
      WithSmall(*content, [&](const std::vector<Part>& parts, uint8_t* out) {
        const bool cached = std::all_of(parts.begin(), parts.end(), [&](const Part& part) {
          return !content->source().Refused(part.cube.id) &&
                 content->source().ReadCached(part.cube, part.range, out + part.at);
        });
        if (cached && !content->revoked()) store_(content->node(), 0, out, content->size());
      });
    }
  }, kMostStores);
}

void Prefetch::Ahead(const std::shared_ptr<Content>& content, uint64_t offset) {
  const uint64_t slot = offset / kCube;
  const uint64_t last = std::min(slot + kAhead, (content->size() - 1) / kCube);
  for (uint64_t next = std::max(slot + 1, content->fetched_to.load()); next <= last; ++next) {
    if (!FetchSlot(content, next)) return;
    content->fetched_to = next + 1;
  }
}

void Prefetch::Around(const std::shared_ptr<Content>& content, uint64_t slot) {
  const RandomTouches::Next next = content->touches.Touch(slot);
  if (next.first) OpenAhead(content, slot / RandomTouches::kGroup * RandomTouches::kGroup);
  for (const uint64_t more : next.more) FetchSlot(content, more);
}

/** The next random read goes to any cube of the group, and opening one costs a disk several reads. */
void Prefetch::OpenAhead(const std::shared_ptr<Content>& content, uint64_t first) {
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
bool Prefetch::FetchSlot(const std::shared_ptr<Content>& content, uint64_t slot) {
  std::vector<Part> parts;
  if (!content->CubesOf(slot, parts)) return false;
  ahead_.SubmitIdle([content, parts, activity = content->source().Enter()] { FetchCubes(*content, parts); }, kMostAhead);
  return true;
}

void Prefetch::StoreVertex(const std::shared_ptr<Content>& content, const Part& part, uint64_t offset) {
  if (part.range.first() != part.range.last()) return;
  notifier_.SubmitIdle([this, content, part, offset, activity = content->source().Enter()] {
    if (content->revoked()) return;
    const size_t start = part.range.first() * kVertex;
    const Range vertex{start, std::min<size_t>(kVertex, part.cube.length - start)};
    uint8_t* const out = StoreBuffer();
    const WipeAtEnd wipe(out, vertex.length);
    if (!content->source().ReadCached(part.cube, vertex, out)) return;
    // The pages that the read itself fills are locked by it until its answer: they are left out.
    const size_t before = part.range.offset - start, behind = before + part.range.length;
    const uint64_t at = offset + part.at - before;
    const size_t end = std::min<uint64_t>(vertex.length, content->size() - at);
    const size_t first = before / kBlock * kBlock, rest = RoundUp(behind, kBlock);
    // Looked at last: whoever revokes and then waits for this thread finds nothing stored behind that.
    if (first > 0 && !content->revoked()) store_(content->node(), at, out, first);
    if (rest < end && !content->revoked()) store_(content->node(), at + rest, out + rest, end - rest);
  }, kMostStores);
}

}  // namespace sherin::fuse
