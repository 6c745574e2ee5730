#pragma once
#include <napi.h>

#include <memory>
#include <optional>
#include <vector>

#include "../memory/bytes.h"
#include "answers.h"
#include "calls.h"
#include "session.h"

namespace sherin::fuse {

/** FuseSession of native/fuse-session.ts: each method reads its arguments and answers one request, unless its deadline has. */
class SessionObject : public Napi::ObjectWrap<SessionObject> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit SessionObject(const Napi::CallbackInfo& info);
  ~SessionObject() override;

 private:
  // binding.cc
  static Napi::Value Said(const Napi::CallbackInfo& info);
  void Mount(const Napi::CallbackInfo& info);
  Napi::Value End(const Napi::CallbackInfo& info);
  Napi::Value Knows(const Napi::CallbackInfo& info);
  Napi::Value Waiting(const Napi::CallbackInfo& info);
  Napi::Value TakeData(const Napi::CallbackInfo& info);
  void Deliver(const Napi::CallbackInfo& info);
  Napi::Value Invalidate(const Napi::CallbackInfo& info);
  Napi::Value Settle(const Napi::CallbackInfo& info);
  void SetLate(const Napi::CallbackInfo& info);

  // binding_handover.cc
  Napi::Value Pause(const Napi::CallbackInfo& info);
  void Resume(const Napi::CallbackInfo& info);
  Napi::Value Idle(const Napi::CallbackInfo& info);
  Napi::Value Device(const Napi::CallbackInfo& info);
  Napi::Value State(const Napi::CallbackInfo& info);
  void Adopt(const Napi::CallbackInfo& info);

  // binding_answers.cc
  Napi::Value Success(const Napi::CallbackInfo& info);
  Napi::Value Fail(const Napi::CallbackInfo& info);
  void AnswerEntry(const Napi::CallbackInfo& info);
  Napi::Value AnswerCreate(const Napi::CallbackInfo& info);
  Napi::Value AnswerAttributes(const Napi::CallbackInfo& info);
  Napi::Value AnswerOpen(const Napi::CallbackInfo& info);
  Napi::Value AnswerOpendir(const Napi::CallbackInfo& info);
  void AnswerDirectory(const Napi::CallbackInfo& info);
  void AnswerBytes(const Napi::CallbackInfo& info);
  void AnswerLink(const Napi::CallbackInfo& info);
  void AnswerSize(const Napi::CallbackInfo& info);
  void AnswerSpace(const Napi::CallbackInfo& info);
  Napi::Value AnswerWrite(const Napi::CallbackInfo& info);
  void AnswerOffset(const Napi::CallbackInfo& info);

  // binding_grants.cc
  void Grant(const Napi::CallbackInfo& info);
  void Extend(const Napi::CallbackInfo& info);
  void Revoke(const Napi::CallbackInfo& info);
  void Prepare(const Napi::CallbackInfo& info);
  void Withdraw(const Napi::CallbackInfo& info);
  void LetRewrite(const Napi::CallbackInfo& info);

  /** The first argument of those that concern a request. */
  static Pending::Id IdOf(const Napi::CallbackInfo& info);
  static std::optional<std::vector<uint64_t>> NodesOf(const Napi::Value& value);
  fuse_req_t Take(const Napi::CallbackInfo& info, Pending::About* about = nullptr);
  template <typename Reply>
  bool Introduce(const Napi::CallbackInfo& info, const Attributes& attributes, Reply reply);
  void Untold(uint64_t node);
  bool ReplyDirectory(fuse_req_t request, Pending::Id id, Bytes packed, size_t size, bool plus);

  std::shared_ptr<Calls> calls_;
  std::shared_ptr<Session> session_;
};

}  // namespace sherin::fuse
