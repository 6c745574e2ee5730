#pragma once
#include <cstddef>
#include <cstdint>

namespace sherin {

/** Fills from getrandom(2), the kernel's generator; waits until it is seeded. @throws Failure */
void Random(uint8_t* out, size_t size);

}  // namespace sherin
