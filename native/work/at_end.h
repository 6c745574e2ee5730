#pragma once
#include <functional>

namespace sherin {

/** Calls a function at its own end: for a job whose end somebody waits for, whether it ran or was dropped. */
class AtEnd {
 public:
  explicit AtEnd(std::function<void()> call) : call_(std::move(call)) {}
  AtEnd(const AtEnd&) = delete;
  AtEnd& operator=(const AtEnd&) = delete;
  ~AtEnd() { call_(); }

 private:
  const std::function<void()> call_;
};

}  // namespace sherin
