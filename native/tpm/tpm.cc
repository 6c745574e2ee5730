#include "tpm.h"

#include <dlfcn.h>

#include <cstdlib>
#include <mutex>

#include "../environment.h"
#include "../error.h"
#include "../keys/secret.h"
#include "facts.h"
#include "nv.h"
#include "pcr.h"
#include "quote.h"
#include "seal.h"
#include "values.h"
#include "worker.h"

namespace sherin {
namespace {

using tpm::Client;
using tpm::Worker;
using tpm::Write;

/** The methods of Tpm (native/tpm.ts): each reads its arguments, queues one operation, and writes its result. */
class Tpm : public Napi::ObjectWrap<Tpm> {
 public:
  static Napi::Function Define(Napi::Env env);

  explicit Tpm(const Napi::CallbackInfo& info) : Napi::ObjectWrap<Tpm>(info) {
    if (info.Length() != 1 || !info[0].IsExternal()) {
      throw Napi::TypeError::New(info.Env(), "use Tpm.connect(tcti)");
    }
    worker_ = *info[0].As<Napi::External<std::shared_ptr<Worker>>>().Data();
  }
  void Finalize(Napi::Env env) override {
    if (worker_ != nullptr) worker_->Abandon(env);
  }

 private:
  static Napi::Value Connect(const Napi::CallbackInfo& info);

  /** Queues `operation(Client&)` and resolves with what Write makes of its result. */
  template <typename Body>
  Napi::Value Run(const Napi::CallbackInfo& info, Body operation) {
    return worker_->Run(info.Env(), info.This().As<Napi::Object>(), [operation](Client& client) -> Worker::Result {
      return [result = operation(client)](Napi::Env env) { return Write(env, result); };
    });
  }
  Napi::Value RunForSecret(const Napi::CallbackInfo& info,
                           std::function<std::shared_ptr<LockedBytes>(Client&)> operation) {
    return worker_->Run(info.Env(), info.This().As<Napi::Object>(), [operation](Client& client) -> Worker::Result {
      return [secret = operation(client)](Napi::Env env) -> Napi::Value { return Secret::New(env, secret); };
    });
  }
  Napi::Value RunForValue(const Napi::CallbackInfo& info, std::function<uint64_t(Client&)> operation) {
    return worker_->Run(info.Env(), info.This().As<Napi::Object>(), [operation](Client& client) -> Worker::Result {
      return [value = operation(client)](Napi::Env env) -> Napi::Value { return Napi::BigInt::New(env, value); };
    });
  }
  Napi::Value RunForNothing(const Napi::CallbackInfo& info, std::function<void(Client&)> operation) {
    return worker_->Run(info.Env(), info.This().As<Napi::Object>(), [operation](Client& client) -> Worker::Result {
      operation(client);
      return nullptr;
    });
  }

  Napi::Value Info(const Napi::CallbackInfo& info) { return Run(info, tpm::ReadFacts); }

  Napi::Value PrimaryName(const Napi::CallbackInfo& info) {
    return Run(info, [](Client& client) {
      return client.Retry([&client] { return tpm::NameOf(client.link(), client.Primary().tr()); });
    });
  }

  Napi::Value Seal(const Napi::CallbackInfo& info) {
    const auto secret = Secret::Get(info[0]);
    if (secret->size() != tpm::kSecretSize) throw NativeError(info.Env(), "EINVAL", "a sealed secret has 32 bytes");
    return Run(info, [secret, policy = tpm::ReadPolicy(info[1])](Client& client) {
      return tpm::Seal(client, *secret, policy);
    });
  }

  Napi::Value Unseal(const Napi::CallbackInfo& info) {
    return RunForSecret(info, [sealed = tpm::ReadSealed(info[0]), policy = tpm::ReadPolicy(info[1])](Client& client) {
      return tpm::Unseal(client, sealed, policy);
    });
  }

  Napi::Value PcrRead(const Napi::CallbackInfo& info) {
    return Run(info, [bank = tpm::ReadBank(info[0]), pcrs = tpm::ReadPcrs(info[1])](Client& client) {
      return tpm::ReadPcrs(client, bank, pcrs);
    });
  }

  Napi::Value PcrExtend(const Napi::CallbackInfo& info) {
    const auto one = Napi::Array::New(info.Env(), 1);
    one.Set(0u, info[0]);
    const uint32_t pcr = tpm::ReadPcrs(one).front();
    return RunForNothing(info, [pcr, digest = tpm::ReadBytes(info[1], "a SHA-256 digest", 32, 32)](Client& client) {
      tpm::ExtendPcr(client, pcr, digest);
    });
  }

  Napi::Value AttestationKey(const Napi::CallbackInfo& info) { return Run(info, tpm::MakeAttestationKey); }

  Napi::Value Quote(const Napi::CallbackInfo& info) {
    return Run(info, [key = tpm::ReadAttestationKey(info[0]), data = tpm::ReadBytes(info[1], "qualifying data", 32, 32),
                      bank = tpm::ReadBank(info[2]), pcrs = tpm::ReadPcrs(info[3])](Client& client) {
      return tpm::Quote(client, key, data, bank, pcrs);
    });
  }

  Napi::Value CounterDefine(const Napi::CallbackInfo& info) {
    return Run(info, [auth = tpm::ReadAuth(info[0])](Client& client) { return tpm::DefineCounter(client, auth.get()); });
  }

  Napi::Value CounterRead(const Napi::CallbackInfo& info) {
    return RunForValue(info, [index = tpm::ReadNvIndex(info[0]), auth = tpm::ReadAuth(info[1])](Client& client) {
      return tpm::ReadCounter(client, index, auth.get());
    });
  }

  Napi::Value CounterIncrement(const Napi::CallbackInfo& info) {
    return RunForValue(info, [index = tpm::ReadNvIndex(info[0]), auth = tpm::ReadAuth(info[1])](Client& client) {
      return tpm::IncrementCounter(client, index, auth.get());
    });
  }

  Napi::Value CounterUndefine(const Napi::CallbackInfo& info) {
    return RunForNothing(info, [index = tpm::ReadNvIndex(info[0])](Client& client) {
      tpm::UndefineCounter(client, index);
    });
  }

  Napi::Value Random(const Napi::CallbackInfo& info) {
    if (!info[0].IsNumber()) throw Napi::TypeError::New(info.Env(), "length must be a number");
    const double length = info[0].As<Napi::Number>().DoubleValue();
    if (!(length >= 1 && length <= 32) || length != static_cast<uint32_t>(length)) {
      throw NativeError(info.Env(), "EINVAL", "between 1 and 32 random bytes can be asked for");
    }
    return RunForSecret(info, [size = static_cast<size_t>(length)](Client& client) {
      return tpm::Random(client, size);
    });
  }

  Napi::Value Close(const Napi::CallbackInfo& info) { return worker_->Close(info.Env()); }

  std::shared_ptr<Worker> worker_;
};

Napi::Function Tpm::Define(Napi::Env env) {
  return DefineClass(env, "Tpm",
                     {
                         StaticMethod<&Tpm::Connect>("connect"),
                         InstanceMethod<&Tpm::Info>("info"),
                         InstanceMethod<&Tpm::PrimaryName>("primaryName"),
                         InstanceMethod<&Tpm::Seal>("seal"),
                         InstanceMethod<&Tpm::Unseal>("unseal"),
                         InstanceMethod<&Tpm::PcrRead>("pcrRead"),
                         InstanceMethod<&Tpm::PcrExtend>("pcrExtend"),
                         InstanceMethod<&Tpm::AttestationKey>("attestationKey"),
                         InstanceMethod<&Tpm::Quote>("quote"),
                         InstanceMethod<&Tpm::CounterDefine>("counterDefine"),
                         InstanceMethod<&Tpm::CounterRead>("counterRead"),
                         InstanceMethod<&Tpm::CounterIncrement>("counterIncrement"),
                         InstanceMethod<&Tpm::CounterUndefine>("counterUndefine"),
                         InstanceMethod<&Tpm::Random>("random"),
                         InstanceMethod<&Tpm::Close>("close"),
                     });
}

Napi::Value Tpm::Connect(const Napi::CallbackInfo& info) {
  if (!info[0].IsString()) throw Napi::TypeError::New(info.Env(), "tcti must be a string");
  const std::string tcti = info[0].As<Napi::String>().Utf8Value();
  if (tcti.empty() || tcti.find('\0') != std::string::npos) {
    throw NativeError(info.Env(), "EINVAL", "tcti must name a way to a TPM");
  }
  auto worker = Worker::Start(info.Env(), tcti);
  return worker->Connect(info.Env(), [worker](Napi::Env env) mutable -> Napi::Value {
    return Environment::Of(env).tpm.New({Napi::External<std::shared_ptr<Worker>>::New(env, &worker)});
  });
}

/** A worker's thread may still leave its TPM when the last environment with this library has ended. */
void StayLoaded() {
  Dl_info self;
  if (dladdr(reinterpret_cast<void*>(&InitTpm), &self) != 0) {
    dlopen(self.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

}  // namespace

void InitTpm(Napi::Env env, Napi::Object exports) {
  static std::once_flag once;
  std::call_once(once, [] {
    StayLoaded();
    // tpm2-tss would write to standard error what is an ordinary answer here, and at level TRACE also secrets.
    setenv("TSS2_LOG", "all+NONE", 1);
  });
  const Napi::Function tpm = Tpm::Define(env);
  Environment::Of(env).tpm = Napi::Persistent(tpm);
  exports.Set("Tpm", tpm);
}

}  // namespace sherin
