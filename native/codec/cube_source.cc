#include "cube_source.h"

#include <string.h>

#include <algorithm>
#include <chrono>

#include "../failure.h"
#include "../memory/wipe.h"
#include "../system/io.h"
#include "../work/at_end.h"
#include "scratch.h"

namespace sherin {
namespace {

// One descriptor and 32 bytes of locked memory each; enough for readers at random in eight groups (fuse/random_touches.h).
constexpr size_t kOpenCubes = 512;

// For reads under way: one that hangs (a disk, a client's descriptor) must not keep the vault from being locked.
constexpr std::chrono::seconds kPatience{5};

/** Copies the part of a vertex that a range asks for. */
void CopyPart(size_t vertex, const uint8_t* plain, Range range, uint8_t* out) {
  if (out == nullptr) return;
  const size_t start = std::max(range.offset, vertex * kVertex);
  const size_t end = std::min(range.offset + range.length, (vertex + 1) * kVertex);
  memcpy(out + (start - range.offset), plain + (start - vertex * kVertex), end - start);
}

}  // namespace

CubeSource::CubeSource(Descriptor vault, size_t cache_bytes, const Uuid& uuid, bool whole_cubes)
    : vault_(std::move(vault)),
      uuid_(uuid),
      whole_cubes_(whole_cubes),
      vertices_(cache_bytes),
      headers_(kOpenCubes) {}

CubeSource::Activity CubeSource::Enter() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++active_;
  }
  // Without the lock: where there is no memory for it, it ends at once.
  return Activity(this, [self = shared_from_this()](void*) {
    const std::lock_guard<std::mutex> leave(self->mutex_);
    if (--self->active_ > 0) return;
    if (!self->keys_) self->Forget();  // one that outlasted the patience of WaitAndClear may have filled them again
    self->quiet_.notify_all();
  });
}

std::shared_ptr<KeySet> CubeSource::Keys() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!keys_) throw Failure("EWIPED", "the reader is stopped");
  return keys_;
}

uint64_t CubeSource::Stops() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return stops_;
}

void CubeSource::Stop() {
  const std::lock_guard<std::mutex> lock(mutex_);
  keys_.reset();
  ++stops_;
  refused_.clear();  // whoever resumes brings them again
}

void CubeSource::WaitAndClear() {
  std::unique_lock<std::mutex> lock(mutex_);
  quiet_.wait_for(lock, kPatience, [this] { return active_ == 0; });
  Forget();
}

void CubeSource::Forget() {
  headers_.Clear();
  vertices_.Clear();
}

void CubeSource::Resume(std::shared_ptr<KeySet> keys) {
  const std::lock_guard<std::mutex> lock(mutex_);
  keys_ = std::move(keys);
}

void CubeSource::Drop(const Hash& id) {
  headers_.Drop(id);
  vertices_.Drop(id);
}

void CubeSource::Refuse(const Hash& id) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    refused_.insert(id);
  }
  Drop(id);
}

void CubeSource::Allow(const Hash& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  refused_.erase(id);
}

bool CubeSource::Refused(const Hash& id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  return refused_.count(id) > 0;
}

bool CubeSource::ReadCached(const CubeRef& ref, Range range, uint8_t* out) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!keys_) return false;
  }
  std::vector<VertexCache::Pin> pins;
  pins.reserve(range.last() - range.first() + 1);
  for (size_t vertex = range.first(); vertex <= range.last(); ++vertex) {
    auto pin = vertices_.Find({ref, static_cast<uint32_t>(vertex)});
    if (!pin) return false;
    pins.push_back(std::move(*pin));
  }
  for (size_t i = 0; i < pins.size(); ++i) CopyPart(range.first() + i, pins[i].data(), range, out);
  counters_.hits += pins.size();
  counters_.served += range.length;
  return true;
}

Outcome CubeSource::Opened(const CubeRef& ref, Wanted wanted, std::shared_ptr<OpenedCube>& out) {
  static_cast<void>(Keys());  // a reader that is stopped gives out nothing, be it cached
  HeaderCache::Found found;
  Outcome outcome;
  // Before there is a claim: nobody would be left to release one that this had no memory for.
  const AtEnd release([&] {
    if (found.claim) headers_.Release(found.claim, outcome);
  });
  found = headers_.FindOrClaim(ref);
  if (found.cube) {
    out = found.cube;
    out->Ask(wanted);
    return {};
  }
  if (!found.claim) return found.outcome;
  outcome = OpenedCube::Open(vault_.get(), ref, *Keys(), Access::Cached, out, wanted);
  if (outcome.ok()) headers_.Put(out);
  return outcome;
}

Outcome CubeSource::Readable(const CubeRef& ref, Range range, std::shared_ptr<OpenedCube>& out) {
  const Range fetched = whole_cubes_ ? Range{0, ref.length} : range;
  Outcome outcome = Opened(ref, {fetched.first(), fetched.last() - fetched.first() + 1}, out);
  if (outcome.ok() && whole_cubes_) outcome = VerifyWhole(*out);
  return outcome;
}

template <typename Each>
Outcome CubeSource::ForEachVertex(const OpenedCube& cube, size_t first, size_t last, Each each) {
  Scratch& scratch = ThreadScratch();
  Outcome outcome = ReadVertices(cube.file(), first, last, scratch.ciphertext());
  const WipeAtEnd wipe(scratch.vertex(), kVertex);
  const auto gcm = cube.NewGcm();
  for (size_t vertex = first; vertex <= last && outcome.ok(); ++vertex) {
    const uint8_t* const ciphertext = scratch.ciphertext() + (vertex - first) * kVertex;
    outcome = cube.OpenVertex(*gcm, vertex, ciphertext, scratch.vertex());
    if (!outcome.ok()) break;
    counters_.decrypted += cube.PlainSize(vertex);
    outcome = each(vertex, scratch.vertex());
  }
  return outcome;
}

Outcome CubeSource::VerifyWhole(OpenedCube& cube) {
  if (cube.whole_verified) return {};
  const std::lock_guard<std::mutex> lock(cube.verifying);
  if (cube.whole_verified) return {};
  const size_t last = cube.file().view().stored().count - 1;
  Outcome outcome = ForEachVertex(cube, 0, last, [](size_t, const uint8_t*) { return Outcome{}; });
  if (outcome.ok()) cube.whole_verified = true;
  return outcome;
}

Outcome CubeSource::Read(const CubeRef& ref, Range range, uint8_t* out) {
  std::shared_ptr<OpenedCube> cube;
  Outcome outcome = Readable(ref, range, cube);
  if (outcome.ok()) outcome = Load(*cube, range, out);
  if (!outcome.ok()) {
    ++counters_.faults;
  } else if (out != nullptr) {
    counters_.served += range.length;
  }
  return outcome;
}

Outcome CubeSource::ReadThrough(const CubeRef& ref, Range range, uint8_t* out) {
  std::shared_ptr<OpenedCube> cube;
  Outcome outcome = Readable(ref, range, cube);
  if (outcome.ok()) outcome = LoadThrough(*cube, range, out);
  if (outcome.ok()) {
    counters_.served += range.length;
  } else {
    ++counters_.faults;
  }
  return outcome;
}

void CubeSource::ReadTogether(SmallCubes& cubes, const std::vector<bool>& wanted) {
  std::vector<std::optional<VertexCache::Claim>> claims(cubes.count());
  std::vector<uint8_t*> places(cubes.count());
  for (size_t i = 0; i < cubes.count(); ++i) {
    if (!wanted[i]) continue;
    if (auto acquired = vertices_.Acquire({cubes.ref(i), 0}); acquired.claim) claims[i].emplace(std::move(*acquired.claim));
    places[i] = claims[i] ? claims[i]->data() : nullptr;
  }
  const std::vector<bool> verified = cubes.Read(*Keys(), whole_cubes_, places);
  for (size_t i = 0; i < cubes.count(); ++i) {
    if (!verified[i]) continue;
    claims[i]->Publish();
    ++counters_.misses;
    counters_.decrypted += cubes.ref(i).length;
  }
}

Outcome CubeSource::HashOfVertex(const CubeRef& ref, size_t vertex, Hash& out) {
  std::shared_ptr<OpenedCube> cube;
  Outcome outcome = Opened(ref, {}, cube);
  if (outcome.ok()) out = cube->vertex_hash(vertex);
  return outcome;
}

void CubeSource::FetchAhead(const CubeRef& ref) { Ahead(ref, {0, VerticesOf(ref.length)}); }

void CubeSource::OpenAhead(const CubeRef& ref) { Ahead(ref, {}); }

void CubeSource::Ahead(const CubeRef& ref, Wanted wanted) {
  std::shared_ptr<OpenedCube> cube;
  try {
    static_cast<void>(Opened(ref, wanted, cube));
  } catch (const Failure&) {
    // stopped meanwhile
  }
}

Outcome CubeSource::LoadThrough(const OpenedCube& cube, Range range, uint8_t* out) {
  const size_t end = range.offset + range.length;
  const auto whole = [&](size_t vertex) {
    return vertex * kVertex >= range.offset && (vertex + 1) * kVertex <= end && cube.PlainSize(vertex) == kVertex;
  };
  const auto cached = [&](size_t vertex) { return vertices_.Find({cube.ref(), static_cast<uint32_t>(vertex)}); };
  for (size_t vertex = range.first(); vertex <= range.last();) {
    Outcome outcome;
    size_t next = vertex + 1;
    if (const auto pin = cached(vertex)) {
      CopyPart(vertex, pin->data(), range, out);
      ++counters_.hits;
    } else if (!whole(vertex)) {
      const size_t from = std::max(range.offset, vertex * kVertex), to = std::min(end, next * kVertex);
      outcome = Load(cube, {from, to - from}, out + (from - range.offset));
    } else {
      while (next <= range.last() && next < vertex + kRun && whole(next) && !cached(next)) ++next;
      outcome = LoadWholes(cube, vertex, next, out + (vertex * kVertex - range.offset));
    }
    if (!outcome.ok()) return outcome;
    vertex = next;
  }
  return {};
}

Outcome CubeSource::LoadWholes(const OpenedCube& cube, size_t first, size_t end, uint8_t* out) {
  counters_.misses += end - first;
  uint8_t* const ciphertext = ThreadScratch().ciphertext();
  Outcome outcome = ReadVertices(cube.file(), first, end - 1, ciphertext);
  const auto gcm = cube.NewGcm();
  for (size_t i = 0; i < end - first && outcome.ok(); ++i) {
    outcome = cube.OpenVertex(*gcm, first + i, ciphertext + i * kVertex, out + i * kVertex);
    counters_.decrypted += kVertex;
  }
  return outcome;
}

Outcome CubeSource::Load(const OpenedCube& cube, Range range, uint8_t* out) {
  std::vector<size_t> busy;
  for (size_t vertex = range.first(); vertex <= range.last();) {
    std::vector<VertexCache::Claim> claims;  // of vertices in a row: one read for all
    const size_t first = vertex;
    for (; vertex <= range.last(); ++vertex) {
      auto acquired = vertices_.Acquire({cube.ref(), static_cast<uint32_t>(vertex)});
      if (acquired.state == VertexCache::State::Claimed) {
        claims.push_back(std::move(*acquired.claim));
        continue;
      }
      if (acquired.state == VertexCache::State::Ready) {
        CopyPart(vertex, acquired.pin->data(), range, out);
        ++counters_.hits;
      } else {
        busy.push_back(vertex);  // Full is handled like Busy: later, and then without a place in the cache
      }
      break;
    }
    if (!claims.empty()) {
      Outcome outcome = LoadRun(cube, first, claims, range, out);
      if (!outcome.ok()) return outcome;
    }
    if (vertex <= range.last()) ++vertex;  // the one that ended the row is dealt with
  }
  // No claim is held from here on, so threads that wait for each other's vertices can not lock each other out.
  for (const size_t vertex : busy) {
    if (const auto pin = vertices_.Await({cube.ref(), static_cast<uint32_t>(vertex)})) {
      CopyPart(vertex, pin->data(), range, out);
      ++counters_.hits;
      continue;
    }
    if (out == nullptr) continue;
    ++counters_.misses;
    Outcome outcome = ForEachVertex(cube, vertex, vertex, [&](size_t, const uint8_t* plain) {
      CopyPart(vertex, plain, range, out);
      return Outcome{};
    });
    if (!outcome.ok()) return outcome;
  }
  return {};
}

Outcome CubeSource::LoadRun(const OpenedCube& cube, size_t first, std::vector<VertexCache::Claim>& claims, Range range,
                            uint8_t* out) {
  counters_.misses += claims.size();
  uint8_t* const ciphertext = ThreadScratch().ciphertext();
  Outcome outcome = ReadVertices(cube.file(), first, first + claims.size() - 1, ciphertext);
  if (!outcome.ok()) return outcome;
  const auto gcm = cube.NewGcm();
  for (size_t i = 0; i < claims.size(); ++i) {
    VertexCache::Claim& claim = claims[i];
    outcome = cube.OpenVertex(*gcm, first + i, ciphertext + i * kVertex, claim.data());
    if (!outcome.ok()) return outcome;
    CopyPart(first + i, claim.data(), range, out);
    counters_.decrypted += cube.PlainSize(first + i);
    claim.Publish();
  }
  return {};
}

Outcome CubeSource::ReadFresh(const CubeRef& ref, Range range, uint8_t* out) {
  Drop(ref.id);
  std::shared_ptr<OpenedCube> cube;
  Outcome outcome = OpenedCube::Open(vault_.get(), ref, *Keys(), Access::Fresh, cube);
  if (outcome.ok()) outcome = VerifyWhole(*cube);
  if (outcome.ok()) {
    outcome = ForEachVertex(*cube, range.first(), range.last(), [&](size_t vertex, const uint8_t* plain) {
      CopyPart(vertex, plain, range, out);
      return Outcome{};
    });
  }
  if (outcome.ok()) {
    counters_.served += range.length;
  } else {
    ++counters_.faults;
  }
  return outcome;
}

Outcome CubeSource::Verify(const CubeRef& ref, const uint8_t* public_key) {
  std::shared_ptr<OpenedCube> cube;
  Outcome outcome = OpenedCube::Open(vault_.get(), ref, *Keys(), Access::Cached, cube);
  if (outcome.ok()) outcome = VerifyWhole(*cube);
  if (outcome.ok()) {
    // VerifyWhole read the whole body in one piece to this thread's scratch.
    const HeaderView view = cube->file().view();
    const auto at = [&](Fault fault) { return Outcome{fault, std::nullopt, "", cube->file().inode}; };
    if (!CiphertextMatches(view, {ThreadScratch().ciphertext(), view.stored().body()})) {
      outcome = at(Fault::Root);
    } else if (public_key != nullptr && !SignatureMatches(view, uuid_.data(), public_key)) {
      outcome = at(Fault::Signature);
    }
  }
  if (!outcome.ok()) ++counters_.faults;
  return outcome;
}

Outcome CubeSource::Export(const CubeRef& ref, Range range, int fd, uint64_t at) {
  std::shared_ptr<OpenedCube> cube;
  const uint64_t stops = Stops();
  Outcome outcome = Readable(ref, range, cube);
  if (outcome.ok()) {
    outcome = ForEachVertex(*cube, range.first(), range.last(), [&](size_t vertex, const uint8_t* plain) {
      const size_t start = std::max(range.offset, vertex * kVertex);
      const size_t end = std::min(range.offset + range.length, (vertex + 1) * kVertex);
      // The target may have let the last write wait for as long as it liked.
      if (Stops() != stops) return Outcome::Io("EWIPED");
      const int error = WriteAt(fd, plain + (start - vertex * kVertex), end - start, at + (start - range.offset));
      return error == 0 ? Outcome{} : Outcome{Fault::Target, std::nullopt, ErrnoName(error)};
    });
  }
  if (outcome.ok()) {
    counters_.served += range.length;
  } else if (outcome.fault != Fault::Target) {
    ++counters_.faults;
  }
  return outcome;
}

}  // namespace sherin
