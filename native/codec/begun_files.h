#pragma once
#include <atomic>
#include <optional>
#include <vector>

#include "source_files.h"

namespace sherin {

/** Files of one call, which several threads begin together: each takes the next few until there is none. */
class BegunFiles {
 public:
  /** `settings` but for the owner, which each file has; `threads` will work. */
  BegunFiles(std::vector<SourceFile> files, EncodeSettings settings, size_t threads);
  BegunFiles(const BegunFiles&) = delete;
  BegunFiles& operator=(const BegunFiles&) = delete;

  size_t count() const { return files_.size(); }
  /** Any number of threads, each once. @returns true to the one thread that ended the last file */
  bool Work();
  /** In the order of the files; after Work has returned true. */
  const std::vector<std::optional<BegunOutcome>>& outcomes() const { return outcomes_; }

 private:
  void Begin(size_t first, size_t end);

  const std::vector<SourceFile> files_;
  const EncodeSettings settings_;
  /** Files that a thread takes at a time. */
  const size_t step_;
  std::vector<std::optional<BegunOutcome>> outcomes_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> left_;
};

}  // namespace sherin
