// The stubs of every described method, in every format. The first byte picks the method, the second direction and
// format.
#include <cstdio>
#include <cstdlib>

#include "protocol/dcerpc/interface.h"
#include "protocol/ndr/test_stub.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace ropewalk;
  if (size < 2) return 0;
  static const auto methods = [] {
    std::vector<const dcerpc::Method*> all;
    for (const dcerpc::Interface* known : dcerpc::known_interfaces())
      for (const dcerpc::Method& method : known->methods)
        if (method.in != nullptr) all.push_back(&method);
    return all;
  }();
  const dcerpc::Method& method = *methods[data[0] % methods.size()];
  const wire::StructInfo& info = data[1] % 2 == 0 ? *method.in : *method.out;
  const ndr::Format& format = ndr::kFormats[data[1] / 2 % std::size(ndr::kFormats)];
  wire::Context context = wire::add_context(format, nullptr);
  std::string wrong = ndr::check_stub(info, ByteView(data + 2, size - 2), &context);
  if (wrong.empty()) return 0;
  std::fprintf(stderr, "%s: %s\n", std::string(info.name).c_str(), wrong.c_str());
  std::abort();
}
