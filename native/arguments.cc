#include "arguments.h"

#include <algorithm>
#include <climits>
#include <cmath>

namespace sherin {

Napi::Value Member(const Napi::Value& object, const char* name) {
  if (!object.IsObject()) throw Napi::TypeError::New(object.Env(), std::string("expected an object with ") + name);
  return object.As<Napi::Object>().Get(name);
}

Bytes BytesOf(const Napi::Value& value, const char* name) {
  if (!value.IsBuffer()) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be a Buffer");
  void* data = nullptr;
  size_t size = 0;
  // One call for both; Napi::TypedArray asks for each and makes a handle of the ArrayBuffer besides.
  if (napi_get_buffer_info(value.Env(), value, &data, &size) != napi_ok) throw Napi::Error::New(value.Env());
  return {static_cast<const uint8_t*>(data), size};
}

Bytes BytesOf(const Napi::Value& value, const char* name, size_t size) {
  const Bytes bytes = BytesOf(value, name);
  if (bytes.size != size) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " must have " + std::to_string(size) + " bytes");
  }
  return bytes;
}

uint64_t NumberOf(const Napi::Value& value, const char* name, uint64_t least, uint64_t most) {
  if (!value.IsNumber()) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be a number");
  const double number = value.As<Napi::Number>().DoubleValue();
  const bool whole = std::isfinite(number) && std::floor(number) == number && std::fabs(number) <= 9007199254740991.0;
  if (!whole || number < static_cast<double>(least) || number > static_cast<double>(most)) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " must be a whole number from " +
                                                 std::to_string(least) + " to " + std::to_string(most));
  }
  return static_cast<uint64_t>(number);
}

int DescriptorOf(const Napi::Value& value, const char* name) {
  return static_cast<int>(NumberOf(value, name, 0, INT_MAX));
}

bool BooleanOf(const Napi::Value& value, const char* name) {
  if (!value.IsBoolean()) throw Napi::TypeError::New(value.Env(), std::string(name) + " must be true or false");
  return value.As<Napi::Boolean>().Value();
}

std::string PathOf(const Napi::Value& value, const char* name) {
  const Bytes bytes = BytesOf(value, name);
  std::string path(reinterpret_cast<const char*>(bytes.data), bytes.size);
  if (path.empty() || path.size() >= PATH_MAX || path.find('\0') != std::string::npos) {
    throw Napi::RangeError::New(value.Env(), std::string(name) + " must have 1 to 4095 bytes and no zero byte");
  }
  return path;
}

Uuid UuidOf(const Napi::Value& value) {
  const Bytes bytes = BytesOf(value, "uuid", 16);
  Uuid uuid;
  std::copy_n(bytes.data, uuid.size(), uuid.begin());
  return uuid;
}

Napi::Value BufferOf(Napi::Env env, const uint8_t* data, size_t size) {
  return Napi::Buffer<uint8_t>::Copy(env, data, size);
}

}  // namespace sherin
