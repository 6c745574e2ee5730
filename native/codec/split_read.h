#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <mutex>

#include "../work/workers.h"
#include "cube_source.h"

namespace sherin {

struct ReadRequest {
  CubeRef cube;
  Range range;
  uint8_t* out;  // kept alive by the operation's ticket
  bool fresh = false;
};

/**
 * Reads one range on up to as many threads as are idle (vertices are independent), then calls `done` once, on the thread
 * that ended last, with the fault of the lowest vertex or success.
 */
void SplitRead(const std::shared_ptr<CubeSource>& source, Workers& workers, const ReadRequest& request,
               std::function<void(Outcome)> done);

}  // namespace sherin
