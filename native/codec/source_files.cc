#include "source_files.h"

#include <utility>

#include "../memory/wipe.h"
#include "../system/io.h"
#include "../work/attempt.h"
#include "scratch.h"

namespace sherin {
namespace {

enum class Size {
  None,   // nothing to encode, or more than a cube
  Small,  // stored as one vertex
  Large,
};

Size SizeOf(const BegunOutcome& outcome, PadMode pad) {
  const auto* begun = std::get_if<Begun>(&outcome);
  if (begun == nullptr || begun->extent.data < 0 || begun->extent.size < 1) return Size::None;
  const auto size = static_cast<uint64_t>(begun->extent.size);
  if (size > kCube) return Size::None;
  return StoredOf(size, pad).count == 1 ? Size::Small : Size::Large;
}

size_t LengthOf(const BegunOutcome& outcome) { return static_cast<size_t>(std::get<Begun>(outcome).extent.size); }

void Take(BegunOutcome& outcome, EncodedOutcome encoded) {
  if (auto* failure = std::get_if<Failure>(&encoded)) {
    outcome = std::move(*failure);
  } else {
    std::get<Begun>(outcome).whole = std::get<Encoded>(std::move(encoded));
  }
}

/** A file and what is told of it. */
struct Work {
  const SourceFile& file;
  BegunOutcome& outcome;
};

void EncodeLarge(const Work& work, EncodeSettings settings) {
  settings.owner = work.file.owner;
  const auto encode = [&] { return EncodeDescriptor(work.file.fd, 0, LengthOf(work.outcome), settings); };
  Take(work.outcome, Attempt(encode));
}

/** Reads all of them, each to the start of a block, then encodes those that were read whole. */
void EncodeSmall(const std::vector<Work>& works, const EncodeSettings& settings) {
  size_t room = 0;
  for (const Work& work : works) room += RoundUp(LengthOf(work.outcome), kBlock);
  uint8_t* at = ThreadScratch().plaintext();
  const WipeAtEnd wipe(at, room);
  std::vector<Content> contents;
  std::vector<BegunOutcome*> places;
  for (const Work& work : works) {
    const size_t length = LengthOf(work.outcome);
    const int64_t got = ReadAt(work.file.fd, at, length, 0);
    if (got < 0) {
      work.outcome = Failure::Errno(static_cast<int>(-got), "pread");
    } else if (got < static_cast<int64_t>(length)) {
      Take(work.outcome, CutShort(static_cast<size_t>(got)));
    } else {
      contents.push_back({{at, length}, work.file.owner});
      places.push_back(&work.outcome);
    }
    at += RoundUp(length, kBlock);
  }
  const auto encode = [&] { return EncodeTogether(contents, settings); };
  auto encoded = Attempt(encode);
  const auto* failure = std::get_if<Failure>(&encoded);
  for (size_t i = 0; i < places.size(); ++i) {
    Take(*places[i], failure != nullptr ? *failure : std::move(std::get<0>(encoded)[i]));
  }
}

}  // namespace

std::vector<BegunOutcome> BeginTogether(const std::vector<SourceFile>& files, const EncodeSettings& settings) {
  std::vector<BegunOutcome> outcomes;
  outcomes.reserve(files.size());
  std::vector<Work> small;
  for (const SourceFile& file : files) {
    const auto begin = [&] { return Begun{ExtentAt(file.fd, 0), std::nullopt}; };
    const Work work{file, outcomes.emplace_back(Attempt(begin))};
    const Size size = SizeOf(work.outcome, settings.pad);
    if (size == Size::Large) EncodeLarge(work, settings);
    if (size == Size::Small) small.push_back(work);
  }
  EncodeSmall(small, settings);
  return outcomes;
}

}  // namespace sherin
