#pragma once
#include <napi.h>

#include "socket.h"

namespace sherin::ipc {

/** Peer of native/ipc.ts. */
Napi::Object PeerObject(Napi::Env env, const Peer& peer);

/** Sets what tells who is at the other end of a socket that Node has accepted. */
void InitStreamPeer(Napi::Env env, Napi::Object exports);

}  // namespace sherin::ipc
