#include "attentive.h"

#include <cstdint>
#include <utility>

#include "wakefulness.h"

namespace sherin::fuse {
namespace {

/** Nanoseconds. */
constexpr uint64_t kMoment = 200000;

}  // namespace

/** An idle handle: as long as it is active the loop polls instead of waiting. */
struct Attentive::Handle {
  uv_idle_t idle;
  uint64_t until = 0;
  Looks looks;

  static void Look(uv_idle_t* idle) {
    Handle& self = *static_cast<Handle*>(idle->data);
    if (self.looks.look()) {
      self.until = uv_hrtime() + kMoment;
    } else if (uv_hrtime() >= self.until || !Wakefulness::Yield()) {  // who was answered may have been put on this processor
      self.End();
    }
  }
  void End() {
    if (uv_is_active(reinterpret_cast<uv_handle_t*>(&idle)) == 0) return;
    uv_idle_stop(&idle);
    looks.attend(false);
  }
  static void Free(uv_handle_t* idle) { delete static_cast<Handle*>(idle->data); }
};

Attentive::Attentive(napi_env env, Looks looks) {
  uv_loop_t* loop = nullptr;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return;
  handle_ = new Handle;
  handle_->idle.data = handle_;
  handle_->looks = std::move(looks);
  uv_idle_init(loop, &handle_->idle);
  uv_unref(reinterpret_cast<uv_handle_t*>(&handle_->idle));
}

Attentive::~Attentive() {
  if (handle_ == nullptr) return;
  Leave();
  uv_close(reinterpret_cast<uv_handle_t*>(&handle_->idle), Handle::Free);
}

void Attentive::Stay() {
  if (handle_ == nullptr || !Wakefulness::Allowed()) return;
  handle_->until = uv_hrtime() + kMoment;
  if (uv_is_active(reinterpret_cast<uv_handle_t*>(&handle_->idle)) != 0) return;
  uv_idle_start(&handle_->idle, Handle::Look);
  handle_->looks.attend(true);
}

void Attentive::Leave() {
  if (handle_ != nullptr) handle_->End();
}

}  // namespace sherin::fuse
