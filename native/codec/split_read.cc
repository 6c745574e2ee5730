#include "split_read.h"

#include <algorithm>

#include "../failure.h"

namespace sherin {
namespace {

// Below this, waking another thread costs more than it saves.
constexpr size_t kLeastVertices = 4;

/** The shared end of the parts of one request. */
class Parts {
 public:
  Parts(size_t count, std::function<void(Outcome)> done) : left_(count), done_(std::move(done)) {}

  void End(size_t part, Outcome outcome) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!outcome.ok() && part < faulty_) {
        faulty_ = part;
        outcome_ = std::move(outcome);
      }
      if (--left_ > 0) return;
    }
    done_(std::move(outcome_));
  }

 private:
  std::mutex mutex_;
  size_t left_;
  size_t faulty_ = SIZE_MAX;
  Outcome outcome_;
  std::function<void(Outcome)> done_;
};

Outcome ReadPart(CubeSource& source, const ReadRequest& request, Range range) {
  uint8_t* const out = request.out + (range.offset - request.range.offset);
  try {
    if (request.fresh) return source.ReadFresh(request.cube, range, out);
    return source.Read(request.cube, range, out);
  } catch (const Failure& failure) {
    return Outcome::Io(failure.code());
  } catch (const std::exception&) {
    return Outcome::Io("ENOMEM");
  }
}

}  // namespace

void SplitRead(const std::shared_ptr<CubeSource>& source, Workers& workers, const ReadRequest& request,
               std::function<void(Outcome)> done) {
  const size_t first = request.range.first(), vertices = request.range.last() - first + 1;
  // Each part would check the whole cube.
  const bool whole = request.fresh || source->whole_cubes();
  const size_t parts =
      whole ? 1 : std::max<size_t>(1, std::min(workers.Idle(), vertices / kLeastVertices));
  const auto shared = std::make_shared<Parts>(parts, std::move(done));
  const size_t end = request.range.offset + request.range.length;
  for (size_t part = 0; part < parts; ++part) {
    const size_t from = part == 0 ? request.range.offset : (first + vertices * part / parts) * kVertex;
    const size_t to = part + 1 == parts ? end : (first + vertices * (part + 1) / parts) * kVertex;
    workers.Submit([source, activity = source->Enter(), shared, request, part, range = Range{from, to - from}] {
      shared->End(part, ReadPart(*source, request, range));
    });
  }
}

}  // namespace sherin
