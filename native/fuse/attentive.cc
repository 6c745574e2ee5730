#include "attentive.h"

#include <cstdint>

namespace sherin::fuse {
namespace {

/** Nanoseconds. */
constexpr uint64_t kMoment = 100000;

}  // namespace

/** An idle handle: as long as it is active the loop polls instead of waiting. */
struct Attentive::Handle {
  uv_idle_t idle;
  uint64_t until = 0;

  static void Look(uv_idle_t* idle) {
    if (uv_hrtime() >= static_cast<Handle*>(idle->data)->until) uv_idle_stop(idle);
  }
  static void Free(uv_handle_t* idle) { delete static_cast<Handle*>(idle->data); }
};

Attentive::Attentive(napi_env env) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return;
  handle_ = new Handle;
  handle_->idle.data = handle_;
  uv_idle_init(loop, &handle_->idle);
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle_->idle));
}

Attentive::~Attentive() {
  if (handle_ != nullptr) uv_close(reinterpret_cast<uv_handle_t*>(&handle_->idle), Handle::Free);
}

void Attentive::Stay() {
  if (handle_ == nullptr) return;
  handle_->until = uv_hrtime() + kMoment;
  uv_idle_start(&handle_->idle, Handle::Look);
}

}  // namespace sherin::fuse
