#pragma once
#include "session.h"

namespace sherin::fuse {

Session& Of(fuse_req_t request);

Call About(Op op, fuse_ino_t node);
/** `file` may be null. */
Call About(Op op, fuse_ino_t node, const fuse_file_info* file);

/** Hands a request to JavaScript, which fetches `data`. */
void Ask(fuse_req_t request, Call call, Pending::About about = {}, Pending::Data data = nullptr);

}  // namespace sherin::fuse
