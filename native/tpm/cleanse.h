#pragma once
#include <string.h>

#include <cstdlib>
#include <utility>

namespace sherin::tpm {

/** A TPM structure on the stack that is overwritten when it ends. */
template <typename T>
class Cleansed {
 public:
  Cleansed() = default;
  ~Cleansed() { explicit_bzero(&value_, sizeof value_); }
  Cleansed(const Cleansed&) = delete;
  Cleansed& operator=(const Cleansed&) = delete;

  T* operator->() { return &value_; }
  T* get() { return &value_; }
  T& operator*() { return value_; }

 private:
  T value_{};
};

/** A structure that ESAPI allocated: overwritten, then freed (Esys_Free is free(3)). */
template <typename T>
class Given {
 public:
  Given() = default;
  ~Given() { Reset(); }
  Given(Given&& other) noexcept : value_(std::exchange(other.value_, nullptr)) {}
  Given(const Given&) = delete;
  Given& operator=(const Given&) = delete;

  /** Where ESAPI writes its pointer. */
  T** out() {
    Reset();
    return &value_;
  }
  T* operator->() const { return value_; }
  T& operator*() const { return *value_; }
  T* get() const { return value_; }

 private:
  void Reset() {
    if (value_ != nullptr) explicit_bzero(value_, sizeof *value_);
    free(value_);
    value_ = nullptr;
  }
  T* value_ = nullptr;
};

}  // namespace sherin::tpm
