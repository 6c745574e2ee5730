#include "reader.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include <system_error>
#include <vector>

#include "../arguments.h"
#include "../environment.h"
#include "../error.h"
#include "../keys/keyring.h"
#include "../work/own_threads.h"
#include "../work/promise.h"
#include "split_read.h"
#include "values.h"

namespace sherin {
namespace {

constexpr size_t kPrefetchVertices = 4;  // per job, so that a read waits for few others
constexpr size_t kMostPrefetchJobs = 64;


uint8_t* TargetOf(const Napi::Value& buffer, const Napi::Value& at, size_t length) {
  const Bytes target = BytesOf(buffer, "target");
  if (target.size < length) throw Napi::RangeError::New(buffer.Env(), "target is shorter than length");
  return const_cast<uint8_t*>(target.data) + NumberOf(at, "at", 0, target.size - length);
}

bool OptionOf(const Napi::Value& options, const char* name) {
  if (options.IsUndefined()) return false;
  const Napi::Value value = Member(options, name);
  return !value.IsUndefined() && BooleanOf(value, name);
}

/** What a pending call keeps alive: the reader, whose end would drop what is queued, and a buffer where there is one. */
std::vector<Napi::ObjectReference> Keep(const Napi::CallbackInfo& info) {
  std::vector<Napi::ObjectReference> keep;
  keep.push_back(Napi::Persistent(info.This().As<Napi::Object>()));
  return keep;
}

/** Runs a check that ends in an Outcome; a Failure becomes one too. */
template <typename Check>
Napi::Promise CheckAsync(const Napi::CallbackInfo& info, Workers& workers, const std::shared_ptr<CubeSource>& source,
                         Check check, std::vector<Napi::ObjectReference> keep) {
  return RunAsync(
      info.Env(), Environment::Of(info.Env()).completions(), workers,
      [source, activity = source->Enter(), check]() -> Outcome {
        try {
          return check(*source);
        } catch (const Failure& failure) {
          return Outcome::Io(failure.code());
        }
      },
      [](Napi::Env target, const Outcome& outcome) { return ValueOf(target, outcome); }, std::move(keep));
}

}  // namespace

void CubeReader::Init(Napi::Env env, Napi::Object exports) {
  const Napi::Function reader = DefineClass(env, "CubeReader",
                                        {
                                            InstanceMethod<&CubeReader::ReadCached>("readCached"),
                                            InstanceMethod<&CubeReader::Read>("read"),
                                            InstanceMethod<&CubeReader::Prefetch>("prefetch"),
                                            InstanceMethod<&CubeReader::Verify>("verify"),
                                            InstanceMethod<&CubeReader::ExportTo>("exportTo"),
                                            InstanceMethod<&CubeReader::Drop>("drop"),
                                            InstanceMethod<&CubeReader::Refuse>("refuse"),
                                            InstanceMethod<&CubeReader::Allow>("allow"),
                                            InstanceMethod<&CubeReader::Stop>("stop"),
                                            InstanceMethod<&CubeReader::Resume>("resume"),
                                            InstanceMethod<&CubeReader::Stats>("stats"),
                                        });
  Environment::Of(env).cube_reader = Napi::Persistent(reader);
  exports.Set("CubeReader", reader);
}

CubeReader::CubeReader(const Napi::CallbackInfo& info) : ObjectWrap(info) {
  Guarded(info.Env(), [&] {
    const int fd = DescriptorOf(Member(info[0], "vaultFd"), "vaultFd");
    const size_t cache = NumberOf(Member(info[0], "cacheBytes"), "cacheBytes", 0, size_t{1} << 40);
    const size_t threads = NumberOf(Member(info[0], "threads"), "threads", 1, 64);
    const Uuid uuid = UuidOf(Member(info[0], "uuid"));
    const bool whole_cubes = BooleanOf(Member(info[0], "wholeCubes"), "wholeCubes");
    Descriptor own(fcntl(fd, F_DUPFD_CLOEXEC, 3));  // the caller may close its own
    if (!own.valid()) throw Failure::Errno(errno, "fcntl");
    source_ = std::make_shared<CubeSource>(std::move(own), cache, uuid, whole_cubes);
    workers_ = Environment::Of(info.Env()).MakeWorkers(threads);
  });
}

Napi::Value CubeReader::ReadCached(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const CubeRef cube = CubeRefOf(info[0]);
    const Range range = RangeOf(cube, info[1], info[2]);
    uint8_t* const target = TargetOf(info[3], info[4], range.length);
    return Napi::Boolean::New(info.Env(), source_->ReadCached(cube, range, target));
  });
}

Napi::Value CubeReader::Read(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    ReadRequest request{CubeRefOf(info[0]), {}, nullptr};
    request.range = RangeOf(request.cube, info[1], info[2]);
    request.out = TargetOf(info[3], info[4], request.range.length);
    request.fresh = OptionOf(info[5], "fresh");
    const auto completions = Environment::Of(info.Env()).completions();
    std::vector<Napi::ObjectReference> keep = Keep(info);
    keep.push_back(Napi::Persistent(info[3].As<Napi::Object>()));
    const Completions::Operation operation = completions->Begin(info.Env(), std::move(keep));
    const auto settle = [request, stops = stops_, before = *stops_](Napi::Env env, Outcome outcome) {
      if (*stops != before) outcome = Outcome::Io("EWIPED");
      if (!outcome.ok()) explicit_bzero(request.out, request.range.length);
      return ValueOf(env, outcome);
    };
    try {
      SplitRead(source_, *workers_, request, [completions, ticket = operation.ticket, settle](Outcome outcome) {
        completions->Post(ticket, [settle, outcome = std::move(outcome)](Napi::Env env) { return settle(env, outcome); });
      });
    } catch (const std::system_error& error) {  // there is no thread and none could be made: no part runs, or will
      const Failure failure("EAGAIN", error.what());
      completions->Post(operation.ticket, [failure](Napi::Env) -> Napi::Value { throw failure; });
    }
    return operation.promise;
  });
}

void CubeReader::Prefetch(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] {
    const CubeRef cube = CubeRefOf(info[0]);
    const size_t step = source_->whole_cubes() ? kCube : kPrefetchVertices * kVertex;
    for (size_t offset = 0; offset < cube.length; offset += step) {
      const Range range{offset, std::min<size_t>(step, cube.length - offset)};
      const bool taken = workers_->SubmitIdle(
          [source = source_, activity = source_->Enter(), cube, range] {
            try {
              static_cast<void>(source->Read(cube, range, nullptr));
            } catch (const std::exception&) {
              // a later read meets the same failure and reports it
            }
          },
          kMostPrefetchJobs);
      if (!taken) return;
    }
  });
}

Napi::Value CubeReader::Verify(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const CubeRef cube = CubeRefOf(info[0]);
    std::shared_ptr<const Hash> key;
    if (!info[1].IsNull()) key = std::make_shared<const Hash>(HashOf(info[1], "publicKey"));
    return CheckAsync(
        info, *workers_, source_,
        [cube, key](CubeSource& source) { return source.Verify(cube, key ? key->data() : nullptr); }, Keep(info));
  });
}

Napi::Value CubeReader::ExportTo(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    const CubeRef cube = CubeRefOf(info[0]);
    const Range range = RangeOf(cube, info[1], info[2]);
    const int fd = DescriptorOf(info[3], "fd");
    const uint64_t at = NumberOf(info[4], "at", 0, (uint64_t{1} << 53) - 1);
    // Not on the reader's own threads: the file can lie in a file system that never answers.
    const std::shared_ptr<Workers> threads = OwnThreads::Of(info[5]);
    std::vector<Napi::ObjectReference> keep = Keep(info);
    keep.push_back(Napi::Persistent(info[5].As<Napi::Object>()));
    return CheckAsync(
        info, *threads, source_,
        [cube, range, fd, at](CubeSource& source) { return source.Export(cube, range, fd, at); }, std::move(keep));
  });
}

void CubeReader::Drop(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { source_->Drop(HashOf(info[0], "id")); });
}

void CubeReader::Refuse(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { source_->Refuse(HashOf(info[0], "id")); });
}

void CubeReader::Allow(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { source_->Allow(HashOf(info[0], "id")); });
}

std::shared_ptr<CubeSource> CubeReader::SourceOf(const Napi::Value& value) {
  const Napi::Env env = value.Env();
  if (!value.IsObject() || !value.As<Napi::Object>().InstanceOf(Environment::Of(env).cube_reader.Value()))
    throw Napi::TypeError::New(env, "reader must be a CubeReader");
  return Unwrap(value.As<Napi::Object>())->source_;
}

Napi::Value CubeReader::Stop(const Napi::CallbackInfo& info) {
  return Guarded(info.Env(), [&] {
    ++*stops_;
    source_->Stop();
    Environment& environment = Environment::Of(info.Env());
    // Not on the reader's own threads: it waits for them.
    return RunAsync(
        info.Env(), environment.completions(), environment.blocking(),
        [source = source_] {
          source->WaitAndClear();
          return true;
        },
        [](Napi::Env env, bool) { return env.Undefined(); }, Keep(info));
  });
}

void CubeReader::Resume(const Napi::CallbackInfo& info) {
  Guarded(info.Env(), [&] { source_->Resume(Keyring::Get(info[0])); });
}

Napi::Value CubeReader::Stats(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const CubeSource::Counters& counters = source_->counters();
  const VertexCache::Usage usage = source_->usage();
  auto stats = Napi::Object::New(env);
  const auto set = [&](const char* name, uint64_t value) {
    stats.Set(name, Napi::Number::New(env, static_cast<double>(value)));
  };
  set("cachedBytes", usage.cached);
  set("lockedBytes", usage.locked);
  set("hits", counters.hits);
  set("misses", counters.misses);
  set("decryptedBytes", counters.decrypted);
  set("servedBytes", counters.served);
  set("faults", counters.faults);
  return stats;
}

}  // namespace sherin
