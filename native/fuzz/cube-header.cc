/** Fuzz target: the shape check of a cube header, and what a header that passes promises to the code behind it. */
#include <cstdlib>
#include <cstring>

#include "../codec/header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sherin;
  if (size < kHeader + 8) return 0;
  uint64_t file_size = 0;
  memcpy(&file_size, data + kHeader, 8);
  // Half of the inputs get the size that they claim: else no input would ever pass.
  const HeaderView view(data);
  if (data[kHeader + 7] % 2 == 0) file_size = kHeader + view.stored().body();
  if (CheckShape(data, view.id(), file_size) != nullptr) return 0;
  const Stored stored = view.stored();
  if (stored.count < 1 || stored.count > kVertices || stored.last < kBlock || stored.last > kVertex) abort();
  if (stored.body() > kCube || file_size != kHeader + stored.body() || view.epoch() > 0xffff) abort();
  return 0;
}
