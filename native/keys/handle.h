#pragma once
#include <napi.h>

#include <memory>
#include <string>

namespace sherin {

/** Passes `state` to the constructor of a handle class; JavaScript can't call such a constructor with a state. */
template <typename State>
Napi::Object NewHandle(const Napi::FunctionReference& constructor, std::shared_ptr<State>& state) {
  return constructor.New({Napi::External<std::shared_ptr<State>>::New(constructor.Env(), &state)});
}

/** The constructor's side. @throws Napi::TypeError when JavaScript says `new` */
template <typename State>
std::shared_ptr<State> TakeHandle(const Napi::CallbackInfo& info, const char* name) {
  if (info.Length() != 1 || !info[0].IsExternal()) {
    throw Napi::TypeError::New(info.Env(), std::string(name) + " has no public constructor");
  }
  return *info[0].As<Napi::External<std::shared_ptr<State>>>().Data();
}

/** The C++ object of a handle; a type tag keeps other wrapped objects out. @throws Napi::TypeError */
template <typename Wrapper>
Wrapper& Unwrapped(const Napi::Value& value, const napi_type_tag& tag, const char* name) {
  if (!value.IsObject() || !value.As<Napi::Object>().CheckTypeTag(&tag)) {
    throw Napi::TypeError::New(value.Env(), std::string("expected a ") + name);
  }
  return *Wrapper::Unwrap(value.As<Napi::Object>());
}

/**
 * Defines a getter that checks its receiver itself: Node checks the receiver of a class's methods, not of its accessors, and
 * would hand a Keyring's memory to a Secret's getter.
 */
template <Napi::Value (*Getter)(const Napi::CallbackInfo&)>
void DefineGetter(Napi::Function constructor, const char* name) {
  constructor.Get("prototype")
      .As<Napi::Object>()
      .DefineProperty(Napi::PropertyDescriptor::Accessor<Getter>(name, napi_configurable));
}

}  // namespace sherin
