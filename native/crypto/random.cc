#include "random.h"

#include <errno.h>
#include <sys/random.h>

#include "../failure.h"

namespace sherin {

void Random(uint8_t* out, size_t size) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = getrandom(out + done, size - done, 0);
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (errno != EINTR) {
      throw Failure::Errno(errno, "getrandom");
    }
  }
}

}  // namespace sherin
