#pragma once
#include "../codec/begun_files.h"
#include "vault.h"

namespace sherin::checks {

/** Files without a name, of so many bytes each, to be begun. */
class Sources {
 public:
  explicit Sources(const std::vector<size_t>& sizes);

  std::vector<SourceFile> files() const;
  const std::vector<uint8_t>& content(size_t index) const { return contents_[index]; }

 private:
  std::vector<std::vector<uint8_t>> contents_;
  std::vector<Descriptor> fds_;
};

/** Files that several threads begin together, again and again. */
void Begins(Vault& vault, size_t rounds);

}  // namespace sherin::checks
