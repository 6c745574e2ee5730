#include "rewrites_object.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <algorithm>
#include <utility>

#include "../arguments.h"
#include "../error.h"
#include "../keys/handle.h"
#include "../keys/keyring.h"

namespace sherin {
namespace {

constexpr napi_type_tag kRewritesTag = {0x5d1b0c7a93e84f62, 0xa84ef1d06b23975c};
constexpr uint64_t kMostNumber = (uint64_t{1} << 53) - 1;

uint64_t Count(const Napi::Value& object, const char* name) {
  return NumberOf(Member(object, name), name, 0, kMostNumber);
}

template <size_t Size>
std::array<uint8_t, Size> Fixed(const Napi::Value& object, const char* name) {
  std::array<uint8_t, Size> out;
  memcpy(out.data(), BytesOf(Member(object, name), name, Size).data, Size);
  return out;
}

Rewrites::Place PlaceOf(const Napi::Value& value) {
  Rewrites::Place place;
  place.at = Count(value, "at");
  place.capacity = Count(value, "capacity");
  place.head = Fixed<64>(value, "head");
  place.salt = Fixed<32>(value, "salt");
  place.segment = Count(value, "segment");
  place.index = static_cast<uint32_t>(NumberOf(Member(value, "index"), "index", 0, UINT32_MAX));
  place.tag = Fixed<16>(value, "tag");
  place.append = Count(value, "append");
  place.oldest = Count(value, "oldest");
  place.next = Count(value, "next");
  return place;
}

Rewrites::File FileOf(const Napi::Value& value) {
  const Napi::Value written = Member(value, "written");
  if (!written.IsBigInt()) throw Napi::TypeError::New(value.Env(), "written must be a bigint");
  bool lossless = false;
  return {Count(value, "inode"), Count(value, "version"), Count(value, "length"),
          written.As<Napi::BigInt>().Int64Value(&lossless)};
}

template <typename Number>
Napi::Value NumbersOf(Napi::Env env, const std::vector<Number>& numbers) {
  auto array = Napi::Float64Array::New(env, numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i) array[i] = static_cast<double>(numbers[i]);
  return array;
}

Napi::Value ValueOf(Napi::Env env, const Rewrites::State& state) {
  auto result = Napi::Object::New(env);
  result.Set("at", Napi::Number::New(env, static_cast<double>(state.place.at)));
  result.Set("index", Napi::Number::New(env, state.place.index));
  result.Set("tag", BufferOf(env, state.place.tag.data(), state.place.tag.size()));
  result.Set("append", Napi::Number::New(env, static_cast<double>(state.place.append)));
  result.Set("written", Napi::BigInt::New(env, state.written));
  result.Set("offsets", NumbersOf(env, state.offsets));
  result.Set("told", Napi::Number::New(env, static_cast<double>(state.told)));
  result.Set("syncs", NumbersOf(env, state.syncs));
  result.Set("failed", Napi::Boolean::New(env, state.failed));
  return result;
}

}  // namespace

void RewritesObject::Init(Napi::Env env, Napi::Object exports) {
  exports.Set("Rewrites", DefineClass(env, "Rewrites",
                                      {
                                          InstanceMethod<&RewritesObject::Write>("write"),
                                          InstanceMethod<&RewritesObject::Sync>("sync"),
                                          InstanceMethod<&RewritesObject::Look>("look"),
                                          InstanceMethod<&RewritesObject::Revoke>("revoke"),
                                          InstanceMethod<&RewritesObject::Copy>("copy"),
                                          InstanceMethod<&RewritesObject::Release>("release"),
                                      }));
}

/** (keyring, fd, place, file) */
RewritesObject::RewritesObject(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Guarded(info.Env(), [&] {
    const std::shared_ptr<KeySet> keys = Keyring::Get(info[0]);
    const int fd = fcntl(DescriptorOf(info[1], "fd"), F_DUPFD_CLOEXEC, 3);
    if (fd < 0) throw Failure::Errno(errno, "fcntl");
    Descriptor segment(fd);
    rewrites_ = std::make_shared<Rewrites>(*keys, std::move(segment), PlaceOf(info[2]), FileOf(info[3]));
    info.This().As<Napi::Object>().TypeTag(&kRewritesTag);
  });
}

std::shared_ptr<Rewrites> RewritesObject::Of(const Napi::Value& value) {
  return Unwrapped<RewritesObject>(value, kRewritesTag, "Rewrites").rewrites_;
}

/** (offset, bytes) */
Napi::Value RewritesObject::Write(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const uint64_t offset = NumberOf(info[0], "offset", 0, kMostNumber);
    const Bytes bytes = BytesOf(info[1], "bytes");
    return Napi::Boolean::New(info.Env(), rewrites_->Write(offset, bytes.data, bytes.size));
  });
}

Napi::Value RewritesObject::Sync(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return Napi::Boolean::New(info.Env(), rewrites_->Sync()); });
}

Napi::Value RewritesObject::Look(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return ValueOf(info.Env(), rewrites_->Look()); });
}

Napi::Value RewritesObject::Revoke(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] { return ValueOf(info.Env(), rewrites_->Revoke()); });
}

/** (number, target) */
void RewritesObject::Copy(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const size_t number = NumberOf(info[0], "number", 0, Rewrites::kMostBlocks);
    const Bytes target = BytesOf(info[1], "target", Rewrites::kBlock);
    if (!rewrites_->Copy(number, const_cast<uint8_t*>(target.data))) throw Failure("EINVAL", "there is no such block");
  });
}

void RewritesObject::Release(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { rewrites_->Release(NumberOf(info[0], "count", 0, Rewrites::kMostBlocks)); });
}

}  // namespace sherin
