#include "begun_files.h"

#include <utility>

#include "../work/promise.h"

namespace sherin {

BegunFiles::BegunFiles(std::vector<File> files, EncodeSettings settings)
    : files_(std::move(files)), settings_(std::move(settings)), outcomes_(files_.size()), left_(files_.size()) {}

bool BegunFiles::Work() {
  EncodeSettings settings = settings_;
  for (size_t at = next_++; at < files_.size(); at = next_++) {
    const auto begin = [&] {
      settings.owner = files_[at].owner;
      return BeginDescriptor(files_[at].fd, settings);
    };
    outcomes_[at].emplace(Attempt(begin));
    if (--left_ == 0) return true;
  }
  return false;
}

}  // namespace sherin
