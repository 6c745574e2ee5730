#include "outcome.h"

#include <errno.h>

#include "../failure.h"

namespace sherin {

Outcome Outcome::Errno(int error, uint64_t inode) {
  if (error == ENOENT) return {Fault::Missing, std::nullopt, "", inode};
  return Io(ErrnoName(error), inode);
}

Outcome Outcome::Io(std::string error, uint64_t inode) {
  return {Fault::Io, std::nullopt, std::move(error), inode};
}

}  // namespace sherin
