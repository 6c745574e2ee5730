#include "scrub.h"

#include "cube_file.h"
#include "scratch.h"

namespace sherin {

Outcome Scrub(int vault, const Hash& id, const uint8_t uuid[16], const uint8_t* public_key) {
  CubeFile file;
  Outcome outcome = OpenCubeFile(vault, id.data(), Access::Cached, file);
  if (outcome.fault == Fault::Newer && public_key != nullptr && AsThisFormat(file, id.data()) &&
      SignatureMatches(file.view(), uuid, public_key)) {
    return {Fault::Malformed, std::nullopt, "", outcome.inode};  // the version alone was changed
  }
  if (!outcome.ok()) return outcome;
  const HeaderView view = file.view();
  const Stored stored = view.stored();
  uint8_t* const body = ThreadScratch().ciphertext();
  outcome = ReadVertices(file, 0, stored.count - 1, body);
  if (!outcome.ok()) return outcome;
  if (!CiphertextMatches(view, {body, stored.body()})) return {Fault::Root, std::nullopt, "", file.inode};
  if (public_key != nullptr && !SignatureMatches(view, uuid, public_key)) {
    return {Fault::Signature, std::nullopt, "", file.inode};
  }
  return {};
}

}  // namespace sherin
