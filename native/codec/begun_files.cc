#include "begun_files.h"

#include <algorithm>
#include <utility>

#include "../work/attempt.h"

namespace sherin {

BegunFiles::BegunFiles(std::vector<SourceFile> files, EncodeSettings settings, size_t threads)
    : files_(std::move(files)),
      settings_(std::move(settings)),
      step_(std::clamp<size_t>((files_.size() + threads - 1) / threads, 1, kMostTogether)),
      outcomes_(files_.size()),
      left_(files_.size()) {}

bool BegunFiles::Work() {
  for (size_t first = next_.fetch_add(step_); first < files_.size(); first = next_.fetch_add(step_)) {
    const size_t end = std::min(first + step_, files_.size());
    Begin(first, end);
    if ((left_ -= end - first) == 0) return true;
  }
  return false;
}

void BegunFiles::Begin(size_t first, size_t end) {
  const auto begin = [&] {
    return BeginTogether({files_.begin() + static_cast<ptrdiff_t>(first), files_.begin() + static_cast<ptrdiff_t>(end)}, settings_);
  };
  auto begun = Attempt(begin);
  const auto* failure = std::get_if<Failure>(&begun);
  for (size_t i = first; i < end; ++i) {
    outcomes_[i] = failure != nullptr ? BegunOutcome(*failure) : std::move(std::get<0>(begun)[i - first]);
  }
}

}  // namespace sherin
