#pragma once
#include <optional>
#include <variant>
#include <vector>

#include "../system/extent.h"
#include "encode.h"

namespace sherin {

struct SourceFile {
  int fd;
  uint32_t owner;
};

/** Begun of native/index.ts. */
struct Begun {
  Extent extent;
  std::optional<Encoded> whole;
};
using BegunOutcome = std::variant<Begun, Failure>;

/** As many small files as are encoded together: their blocks are hashed at once. */
constexpr size_t kMostTogether = 16;

/**
 * As ExtentAt from 0 of each of at most kMostTogether files; one of 1 byte to 1 MiB that has data is encoded as well, small ones
 * together. @returns an outcome of each, in their order @throws std::bad_alloc
 */
std::vector<BegunOutcome> BeginTogether(const std::vector<SourceFile>& files, const EncodeSettings& settings);

}  // namespace sherin
