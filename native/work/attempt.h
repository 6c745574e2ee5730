#pragma once
#include <new>
#include <utility>
#include <variant>

#include "../failure.h"

namespace sherin {

/** What `work()` gives, or why there is nothing: for who works on another thread than the one that is told. */
template <typename Work>
std::variant<decltype(std::declval<Work&>()()), Failure> Attempt(Work& work) {
  try {
    return work();
  } catch (const Failure& caught) {
    return caught;
  } catch (const std::bad_alloc&) {
    return Failure("ENOMEM", "no memory");
  } catch (const std::exception& caught) {
    return Failure("EIO", caught.what());
  }
}

}  // namespace sherin
