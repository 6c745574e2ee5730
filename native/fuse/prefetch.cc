#include "prefetch.h"

#include <algorithm>
#include <utility>

#include "../memory/pages.h"
#include "../memory/wipe.h"

namespace sherin::fuse {
namespace {

/** Cubes asked for ahead of a sequential reader. */
constexpr uint64_t kAhead = 4;
constexpr size_t kMostAhead = 1024;
/** Groups of small files that may wait with their files open. */
constexpr size_t kMostOpen = 32;
constexpr size_t kMostStores = 256;

/** Room for what this thread hands to the kernel: at most a vertex. */
uint8_t* StoreBuffer() {
  static thread_local Pages pages = Pages::ForPlaintext(kVertex);
  return pages.data();
}

/** Has the disk fetch cubes as wholes. */
void FetchCubes(Content& content, const std::vector<Part>& parts) {
  for (const Part& part : parts) content.source().FetchAhead(part.cube);
}

}  // namespace

Prefetch::Prefetch(Workers& notifier, Store store) : notifier_(notifier), store_(std::move(store)), ahead_(4) {}

/** Small files that are read at once. */
struct Prefetch::Group {
  explicit Group(Contents files, const std::vector<CubeRef>& refs)
      : contents(std::move(files)), cubes(refs), activity(source().Enter()) {}
  CubeSource& source() const { return contents.front()->source(); }
  /** No longer to be stored: withdrawn, or open. A read that is under way has locked its pages, and storing them would wait for it. */
  bool passed(size_t index) const { return contents[index]->revoked() || contents[index]->taken(); }

  const Contents contents;
  SmallCubes cubes;
  const CubeSource::Activity activity;
};

void Prefetch::Expect(Contents contents) {
  std::vector<std::shared_ptr<Group>> groups;
  Contents files;
  std::vector<CubeRef> cubes;
  const auto close = [&] {
    if (!files.empty()) groups.push_back(std::make_shared<Group>(std::exchange(files, {}), std::exchange(cubes, {})));
  };
  for (auto& content : contents) {
    std::vector<Part> parts;
    if (!content->CubesOf(0, parts) || parts.size() != 1) continue;
    if (content->size() > kVertex) {
      FetchSlot(content, 0);
      continue;
    }
    cubes.push_back(parts[0].cube);
    files.push_back(std::move(content));
    if (files.size() == SmallCubes::kMost) close();
  }
  close();
  for (const auto& group : groups) {
    ahead_.SubmitIdle([this, group] { FetchGroup(group); }, kMostAhead);
  }
}

/** It is read behind all that are to be fetched by then. */
void Prefetch::FetchGroup(const std::shared_ptr<Group>& group) {
  group->source().FetchTogether(group->cubes);
  if (!ahead_.SubmitIdle([this, group] { ReadGroup(group); }, kMostOpen)) ReadGroup(group);
}

void Prefetch::ReadGroup(const std::shared_ptr<Group>& group) {
  std::vector<bool> wanted(group->contents.size());
  for (size_t i = 0; i < wanted.size(); ++i) wanted[i] = !group->passed(i);
  group->source().ReadTogether(group->cubes, wanted);
  notifier_.SubmitIdle([this, group] { StoreGroup(*group); }, kMostStores);
}

/** From the cache of verified vertices: the notifier's thread waits for no disk. */
void Prefetch::StoreGroup(const Group& group) {
  for (size_t i = 0; i < group.contents.size(); ++i) {
    const Content& content = *group.contents[i];
    if (group.passed(i)) continue;
    const Range all{0, content.size()};
    uint8_t* const out = StoreBuffer();
    const WipeAtEnd wipe(out, all.length);
    const CubeRef& cube = group.cubes.ref(i);
    if (content.source().Refused(cube.id) || !content.source().ReadCached(cube, all, out)) continue;
    // Looked at last: whoever revokes and then waits for this thread finds nothing stored behind that.
    if (!group.passed(i)) store_(content.node(), 0, out, all.length);
  }
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
