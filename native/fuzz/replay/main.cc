/** In the place of libFuzzer: each input that is kept, and each beginning of it, once. Sanitizers tell of what is wrong. */
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

int main(int count, char** arguments) {
  namespace fs = std::filesystem;
  if (count != 2 || !fs::is_directory(arguments[1])) {
    fprintf(stderr, "usage: %s CORPUS\n", arguments[0]);
    return 2;
  }
  size_t inputs = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(arguments[1])) {
    std::ifstream file(entry.path(), std::ios::binary);
    const std::vector<char> input{std::istreambuf_iterator<char>(file), {}};
    if (file.bad() || input.empty()) {
      fprintf(stderr, "can not be read: %s\n", entry.path().c_str());
      return 1;
    }
    for (size_t size = 0; size <= input.size(); ++size) {
      // No byte behind it is anybody's.
      const std::vector<uint8_t> part(input.begin(), input.begin() + size);
      LLVMFuzzerTestOneInput(part.data(), part.size());
    }
    ++inputs;
  }
  printf("%s: %zu\n", fs::path(arguments[1]).filename().c_str(), inputs);
  return 0;
}
