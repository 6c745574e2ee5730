#include "harden.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../failure.h"

namespace sherin {

namespace {

/** What freed memory is overwritten with; glibc fills new memory with the complement, zero. */
[[maybe_unused]] constexpr int kFreed = 0xff;

}  // namespace

void Harden() {
#ifdef M_PERTURB
  // libfuse frees its buffers with the plaintext of reads in them, where no lock would find it again (mallopt(3)).
  if (mallopt(M_PERTURB, kFreed) != 1) throw Failure::Errno(ENOTSUP, "mallopt");
#endif
  // Also makes /proc/<pid>/mem and ptrace root's alone (prctl(2)); the process itself still reads its /proc/self.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) throw Failure::Errno(errno, "prctl");
  // Node opens its debugger at this signal, at a port that every user of the machine reaches: who may send it would be in here.
  if (signal(SIGUSR1, SIG_IGN) == SIG_ERR) throw Failure::Errno(errno, "signal");
  const rlimit none{0, 0};
  if (setrlimit(RLIMIT_CORE, &none) != 0) throw Failure::Errno(errno, "setrlimit");
  // fusermount is set-uid root and mounts for ordinary users; no_new_privs would take that from our children for good.
  if (geteuid() == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) throw Failure::Errno(errno, "prctl");
  // Room for keys and verified vertices, as far as the administrator allows.
  rlimit locked{};
  if (getrlimit(RLIMIT_MEMLOCK, &locked) == 0 && locked.rlim_cur < locked.rlim_max) {
    locked.rlim_cur = locked.rlim_max;
    setrlimit(RLIMIT_MEMLOCK, &locked);
  }
}

}  // namespace sherin
