#pragma once
#include <napi.h>

#include <functional>
#include <utility>
#include <vector>

namespace sherin {

/**
 * Somebody who waits for some work to have succeeded, and hears of it before JavaScript does: that would be one thread more to be
 * woken. JavaScript carries it about, and can do nothing else with it.
 */
struct WhenDone {
  /** Tells. On any thread. */
  std::function<void()> tell;
  /** Has the work done by a thread of whoever waits, which is awake; false, and nothing taken, where there is none. */
  std::function<bool(std::function<void()>& work)> take;
};

inline Napi::Value WhenDoneFor(Napi::Env env, WhenDone done) {
  return Napi::External<WhenDone>::New(env, new WhenDone(std::move(done)),
                                       [](Napi::Env, WhenDone* owned) { delete owned; });
}

/** From an array of them; undefined is none. @throws Napi::TypeError */
inline std::vector<WhenDone> WhenDonesOf(const Napi::Value& value) {
  std::vector<WhenDone> all;
  if (value.IsUndefined()) return all;
  if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "whenDone must be an array");
  const auto list = value.As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); ++i) {
    const Napi::Value one = list.Get(i);
    if (!one.IsExternal()) throw Napi::TypeError::New(value.Env(), "whenDone must hold what the addon made");
    all.push_back(*one.As<Napi::External<WhenDone>>().Data());
  }
  return all;
}

/** Where work goes: to who waits for it, else to workers. */
template <typename WorkersT>
class ByWhoWaits {
 public:
  ByWhoWaits(const std::vector<WhenDone>& waiting, WorkersT& workers) : waiting_(waiting), workers_(workers) {}
  void Submit(std::function<void()> work) {
    for (const WhenDone& each : waiting_) {
      if (each.take(work)) return;
    }
    workers_.Submit(std::move(work));
  }

 private:
  const std::vector<WhenDone>& waiting_;
  WorkersT& workers_;
};

}  // namespace sherin
