#include "calls.h"

#include <algorithm>
#include <string>
#include <vector>

namespace sherin::fuse {
namespace {

/** Patient calls wait for no more than so many of them. */
constexpr size_t kManyPatient = 64;

Napi::Value NumberFor(Napi::Env env, uint64_t value) { return Napi::Number::New(env, static_cast<double>(value)); }

/** What may be empty is null only where there is none. */
Napi::Value BufferFor(Napi::Env env, const std::string& bytes) {
  return Napi::Buffer<char>::Copy(env, bytes.data(), bytes.size());
}

Napi::Value NumbersFor(Napi::Env env, const std::vector<double>& numbers) {
  if (numbers.empty()) return env.Null();
  Napi::Float64Array array = Napi::Float64Array::New(env, numbers.size());
  std::copy(numbers.begin(), numbers.end(), array.Data());
  return array;
}

void Hand(Napi::Env env, const Napi::Function& handler, const Call& call) {
  const Napi::HandleScope scope(env);
  const Napi::Value name = call.name.empty() ? env.Null() : BufferFor(env, call.name);
  const Napi::Value other = call.other ? BufferFor(env, *call.other) : env.Null();
  try {
    handler.Call({NumberFor(env, static_cast<uint64_t>(call.op)), NumberFor(env, call.id), NumberFor(env, call.node),
                  NumberFor(env, call.uid), NumberFor(env, call.gid), Napi::Number::New(env, call.pid),
                  NumberFor(env, call.handle), NumberFor(env, call.offset), NumberFor(env, call.size),
                  NumberFor(env, call.flags), name, other, NumbersFor(env, call.more)});
  } catch (const Napi::Error& error) {
    // The handler answers its own errors; one that throws all the same leaves the request to its deadline.
    napi_fatal_exception(env, error.Value());
  }
}

/** Comes by the thousand, and is handed over together: a call with its arguments costs more than what is done for it. */
bool IsNote(const Call& call) { return call.op == Op::Opened || call.op == Op::Release; }

/** Puts notes in a row from `at` on together, and moves behind them. */
Call TakeNotes(const std::deque<Call>& calls, size_t& at) {
  Call notes{Op::Noted};
  std::vector<const std::string*> programs;
  for (; at < calls.size() && IsNote(calls[at]); ++at) {
    const Call& call = calls[at];
    const auto same = [&](const std::string* program) { return *program == call.name; };
    const size_t program = static_cast<size_t>(std::find_if(programs.begin(), programs.end(), same) - programs.begin());
    if (program == programs.size()) {
      programs.push_back(&call.name);
      notes.name += call.name + '\0';
    }
    for (const double number : {static_cast<double>(call.op), static_cast<double>(call.node), static_cast<double>(call.uid),
                                static_cast<double>(call.gid), static_cast<double>(call.pid),
                                static_cast<double>(call.handle), static_cast<double>(program)}) {
      notes.more.push_back(number);
    }
  }
  return notes;
}

}  // namespace

std::shared_ptr<Calls> Calls::Create(const Napi::Function& handler) {
  auto self = std::make_shared<Calls>();
  self->wake_ = Napi::ThreadSafeFunction::New(handler.Env(), handler, "sherin.mount", 0, 1);
  self->wake_.Unref(handler.Env());
  self->handler_ = Napi::Persistent(handler);
  // Hooks run in reverse order: this one before Node tears down the function made above, which threads still call.
  self->env_ = handler.Env();
  napi_add_env_cleanup_hook(self->env_, CloseAtEnd, self.get());
  return self;
}

void Calls::Attend(std::function<void(bool)> attend) {
  context_ = std::make_unique<Napi::AsyncContext>(env_, "sherin.mount");
  attentive_ = std::make_unique<Attentive>(env_, Attentive::Looks{[this] { return Look(); },
                                                                  [this, attend = std::move(attend)](bool attended) {
                                                                    Watch(attended);
                                                                    attend(attended);
                                                                  }});
}

bool Calls::Look() {
  if (!came_) return false;
  // As by an event of its own: promises go on before the loop does.
  const std::shared_ptr<Calls> self = shared_from_this();
  const Napi::HandleScope scope(env_);
  const Napi::CallbackScope callback(env_, *context_);
  Deliver(env_);
  return true;
}

/** Nobody need be woken for what comes, or has to be again. */
void Calls::Watch(bool watched) {
  const std::lock_guard<std::mutex> lock(mutex_);
  watched_ = watched;
  if (!watched && came_ && !closed_) Wake();
}

void Calls::CloseAtEnd(void* self) { static_cast<Calls*>(self)->Close(); }

void Calls::Post(Call call) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  const bool patient = call.patient;
  waiting_.push_back(std::move(call));
  if (patient && waiting_.size() >= kManyPatient) Wake();
  if (patient) return;
  came_ = true;
  if (!watched_) Wake();
}

void Calls::Flush() {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!closed_ && !waiting_.empty()) Wake();
}

void Calls::Wake() {
  if (woken_) return;
  woken_ = true;
  wake_.NonBlockingCall(
      [self = shared_from_this()](Napi::Env env, const Napi::Function& handler) { self->Drain(env, handler); });
}

void Calls::Drain(Napi::Env env, const Napi::Function& handler) {
  std::deque<Call> calls;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    calls.swap(waiting_);
    woken_ = false;
    came_ = false;
  }
  bool asked = false;
  for (size_t at = 0; at < calls.size();) {
    if (IsNote(calls[at])) {
      Hand(env, handler, TakeNotes(calls, at));
      continue;
    }
    const Call& call = calls[at++];
    Hand(env, handler, call);
    asked = asked || !call.patient;
  }
  if (asked && attentive_ != nullptr) attentive_->Stay();
}

void Calls::Deliver(Napi::Env env) {
  if (!handler_.IsEmpty()) Drain(env, handler_.Value());
}

void Calls::Close() {
  attentive_.reset();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (closed_) return;
  closed_ = true;
  handler_.Reset();
  context_.reset();
  waiting_.clear();
  wake_.Abort();
  napi_remove_env_cleanup_hook(env_, CloseAtEnd, this);
}

}  // namespace sherin::fuse
