#include "stack.h"

#include <string.h>

namespace sherin {

// 16 KiB is several times the deepest frame chain of OpenSSL's HKDF, GCM and Ed25519.
__attribute__((noinline)) void ScrubStack() noexcept {
  unsigned char below[16 * 1024];
  explicit_bzero(below, sizeof below);
}

}  // namespace sherin
