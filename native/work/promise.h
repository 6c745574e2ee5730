#pragma once
#include <napi.h>

#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "../error.h"
#include "attempt.h"
#include "completions.h"

namespace sherin {

/** What a worker carries out: runs `work`, keeps its Failure for the JavaScript thread. */
template <typename Work, typename ToValue>
void WorkAndPost(Completions& completions, Completions::Ticket ticket, Work& work, ToValue& to_value) {
  const auto outcome = std::make_shared<decltype(Attempt(work))>(Attempt(work));
  completions.Post(ticket, [outcome, to_value](Napi::Env env) -> Napi::Value {
    if (const auto* failure = std::get_if<Failure>(outcome.get())) throw *failure;
    return to_value(env, std::get<0>(*outcome));
  });
}

/**
 * A promise for `to_value(env, work())`, `work` running on a thread of `workers` (anything with Submit). Neither
 * function may hold JavaScript values; `keep` holds them until the promise is settled.
 */
template <typename WorkersT, typename Work, typename ToValue>
Napi::Promise RunAsync(Napi::Env env, const std::shared_ptr<Completions>& completions, WorkersT& workers, Work work,
                       ToValue to_value, std::vector<Napi::ObjectReference> keep = {}) {
  const Completions::Operation operation = completions->Begin(env, std::move(keep));
  try {
    workers.Submit([completions, ticket = operation.ticket, work = std::move(work), to_value]() mutable {
      WorkAndPost(*completions, ticket, work, to_value);
    });
  } catch (const std::exception& error) {  // no thread could be made
    const Failure failure("EAGAIN", error.what());
    completions->Post(operation.ticket, [failure](Napi::Env) -> Napi::Value { throw failure; });
  }
  return operation.promise;
}

}  // namespace sherin
