#include "ask.h"

#include <utility>

#include "device_io.h"

namespace sherin::fuse {

Session& Of(fuse_req_t request) { return *static_cast<Session*>(fuse_req_userdata(request)); }

Call About(Op op, fuse_ino_t node) {
  Call call{op};
  call.node = node;
  return call;
}

Call About(Op op, fuse_ino_t node, const fuse_file_info* file) {
  Call call = About(op, node);
  if (file != nullptr) {
    call.handle = file->fh;
    call.flags = static_cast<uint32_t>(file->flags);
  }
  return call;
}

void Ask(fuse_req_t request, Call call, Pending::About about, Pending::Data data) {
  Session& session = Of(request);
  const fuse_ctx& caller = *fuse_req_ctx(request);
  call.uid = caller.uid;
  call.gid = caller.gid;
  call.pid = caller.pid;
  about.number = LastReceived().number;
  call.id = session.pending().Add(request, about, std::move(data));
  session.upcall()(std::move(call));
}

}  // namespace sherin::fuse
