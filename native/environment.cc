#include "environment.h"

#include <algorithm>
#include <thread>

namespace sherin {

Environment::Environment(Napi::Env env) : completions_(Completions::Create(env)) {
  codec_ = MakeWorkers(std::max(2u, std::thread::hardware_concurrency()));
  blocking_ = MakeWorkers(4);
  // Hooks run in reverse order: this one before Node tears down the thread-safe function made above.
  env.AddCleanupHook([this] { Stop(); });
}

Environment::~Environment() { Stop(); }

Environment& Environment::Of(Napi::Env env) { return *env.GetInstanceData<Environment>(); }

std::shared_ptr<Workers> Environment::MakeWorkers(size_t threads) {
  workers_.erase(std::remove_if(workers_.begin(), workers_.end(), [](const auto& weak) { return weak.expired(); }),
                 workers_.end());
  auto workers = std::make_shared<Workers>(threads);
  workers_.push_back(workers);
  return workers;
}

void Environment::Stop() {
  // Jobs write into buffers of JavaScript, so they must end before the heap goes.
  for (const auto& weak : workers_) {
    if (const auto workers = weak.lock()) workers->Stop();
  }
  completions_->Close();
}

}  // namespace sherin
