#pragma once
#include <napi.h>

#include <memory>
#include <mutex>
#include <vector>

#include "work/completions.h"
#include "work/workers.h"

namespace sherin {

/** What the addon keeps per Node environment (main thread and each worker_thread have their own). */
class Environment {
 public:
  explicit Environment(Napi::Env env);
  ~Environment();

  static Environment& Of(Napi::Env env);

  const std::shared_ptr<Completions>& completions() const { return completions_; }
  /** Threads for cube work that belongs to no reader. */
  Workers& codec() { return *codec_; }
  /** Threads for calls that may wait long: syncs, scrypt. */
  Workers& blocking() { return *blocking_; }
  /** Threads of their own for a reader; they end with the environment at the latest. */
  std::shared_ptr<Workers> MakeWorkers(size_t threads);

  Napi::FunctionReference secret;
  Napi::FunctionReference keyring;
  Napi::FunctionReference tpm;
  Napi::FunctionReference cube_reader;
  Napi::FunctionReference threads;

 private:
  void Stop();

  std::shared_ptr<Completions> completions_;
  std::shared_ptr<Workers> codec_;
  std::shared_ptr<Workers> blocking_;
  std::vector<std::weak_ptr<Workers>> workers_;
};

}  // namespace sherin
