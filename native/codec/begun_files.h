#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <variant>
#include <vector>

#include "../failure.h"
#include "encode.h"

namespace sherin {

/** Files of one call, which several threads begin together: each takes the next one until there is none. */
class BegunFiles {
 public:
  struct File {
    int fd;
    uint32_t owner;
  };
  using Outcome = std::variant<Begun, Failure>;

  /** `settings` but for the owner, which each file has. */
  BegunFiles(std::vector<File> files, EncodeSettings settings);
  BegunFiles(const BegunFiles&) = delete;
  BegunFiles& operator=(const BegunFiles&) = delete;

  size_t count() const { return files_.size(); }
  /** Any number of threads, each once. @returns true to the one thread that ended the last file */
  bool Work();
  /** In the order of the files; after Work has returned true. */
  const std::vector<std::optional<Outcome>>& outcomes() const { return outcomes_; }

 private:
  const std::vector<File> files_;
  const EncodeSettings settings_;
  std::vector<std::optional<Outcome>> outcomes_;
  std::atomic<size_t> next_{0};
  std::atomic<size_t> left_;
};

}  // namespace sherin
