#pragma once
#include <tss2/tss2_esys.h>

#include <utility>

#include "cleanse.h"
#include "link.h"

namespace sherin::tpm {

/** A transient object or session in one of the TPM's few slots: flushed when it ends, on every path. */
class Loaded {
 public:
  explicit Loaded(Link& link) : link_(&link) {}
  Loaded(Loaded&& other) noexcept : link_(other.link_), object_(std::exchange(other.object_, ESYS_TR_NONE)) {}
  Loaded(const Loaded&) = delete;
  Loaded& operator=(const Loaded&) = delete;
  ~Loaded() {
    if (object_ == ESYS_TR_NONE) return;
    if (!link_->broken() && Esys_FlushContext(link_->esys(), object_) == TSS2_RC_SUCCESS) return;
    // A TPM that was reset has nothing to flush. One that fails keeps it: it is swept before the next operation.
    link_->NoteLeft();
    Esys_TR_Close(link_->esys(), &object_);
  }

  /** Where ESAPI writes the handle. */
  ESYS_TR* out() { return &object_; }
  ESYS_TR tr() const { return object_; }
  Link& link() const { return *link_; }

 private:
  Link* link_;
  ESYS_TR object_ = ESYS_TR_NONE;
};

/** ESAPI's record of a persistent thing, such as an NV index; the thing itself stays in the TPM. */
class Reference {
 public:
  explicit Reference(Link& link) : link_(&link) {}
  Reference(const Reference&) = delete;
  Reference& operator=(const Reference&) = delete;
  ~Reference() {
    if (object_ != ESYS_TR_NONE) Esys_TR_Close(link_->esys(), &object_);
  }

  ESYS_TR* out() { return &object_; }
  ESYS_TR tr() const { return object_; }
  /** ESAPI has given the record up itself. */
  void Forget() { object_ = ESYS_TR_NONE; }

 private:
  Link* link_;
  ESYS_TR object_ = ESYS_TR_NONE;
};

/** The Name that ESAPI computed of an object's public area. */
inline Name NameOf(const Link& link, ESYS_TR object) {
  Given<TPM2B_NAME> name;
  link.Check(Esys_TR_GetName(link.esys(), object, name.out()), "Esys_TR_GetName");
  return Name(name->name, name->name + name->size);
}

}  // namespace sherin::tpm
