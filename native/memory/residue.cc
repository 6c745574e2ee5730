#include "residue.h"

#include <string.h>

namespace sherin {
namespace {

// 16 KiB is several times the deepest frame chain of OpenSSL's HKDF, GCM and Ed25519.
__attribute__((noinline)) void ScrubStack() noexcept {
  unsigned char below[16 * 1024];
  explicit_bzero(below, sizeof below);
}

}  // namespace

// noinline: callers then expect every vector register to be overwritten, as for any call of the x86-64 ABI.
__attribute__((noinline)) void ScrubRegisters() noexcept {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) {
    // vzeroall below does not reach registers 16 to 31, the ones glibc's copies prefer.
    asm volatile(
        ".irp n, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31\n\t"
        "vpxord %%zmm\\n, %%zmm\\n, %%zmm\\n\n\t"
        ".endr" ::);
  }
  if (__builtin_cpu_supports("avx")) {
    asm volatile("vzeroall" ::
                     : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
                       "xmm11", "xmm12", "xmm13", "xmm14", "xmm15");
  } else {
    asm volatile(
        ".irp n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15\n\t"
        "pxor %%xmm\\n, %%xmm\\n\n\t"
        ".endr" ::
            : "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10", "xmm11",
              "xmm12", "xmm13", "xmm14", "xmm15");
  }
#endif
}

void ScrubResidue() noexcept {
  ScrubStack();
  ScrubRegisters();
}

}  // namespace sherin
