/** Fuzz target: what of a request of the kernel is looked at before libfuse has it. */
#include <linux/fuse.h>

#include <cstdlib>
#include <cstring>
#include <vector>

#include "../fuse/kill_priv.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  // No byte behind it is anybody's.
  const std::vector<uint8_t> request(data, data + size);
  sherin::fuse::NotePrivileges(request.data(), request.size());
  if (!sherin::fuse::DropsPrivileges()) return 0;
  fuse_in_header header;
  if (size < sizeof header) abort();
  memcpy(&header, data, sizeof header);
  if (header.opcode != FUSE_WRITE && header.opcode != FUSE_SETATTR && header.opcode != FUSE_OPEN) abort();
  return 0;
}
