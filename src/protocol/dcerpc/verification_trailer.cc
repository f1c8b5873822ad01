#include "protocol/dcerpc/verification_trailer.h"

#include "wire/flag_text.h"

namespace ropewalk::dcerpc {

const wire::TypeInfo& wire_type(std::type_identity<VerificationCommandCode>) {
  static constexpr wire::NamedValue kTypes[] = {
      {1, "SEC_VT_COMMAND_BITMASK_1"}, {2, "SEC_VT_COMMAND_PCONTEXT"}, {3, "SEC_VT_COMMAND_HEADER2"}};
  static constexpr wire::NamedValue kFlags[] = {{0x4000, "SEC_VT_COMMAND_END"},
                                                {0x8000, "SEC_VT_MUST_PROCESS_COMMAND"}};
  static constexpr wire::TypeInfo info{"SEC_VT command", 2, wire::Form::unsigned_number, [](u64 raw, std::string& out) {
                                         wire::append_value_name(raw & 0x3FFF, kTypes, out);
                                         std::string flags;
                                         wire::append_flag_names(raw & 0xC000, kFlags, flags);
                                         if (!flags.empty()) out.append(out.empty() ? "" : "|").append(flags);
                                       }};
  return info;
}

std::optional<std::size_t> find_verification_trailer(ByteView stub_data) {
  if (stub_data.size() < kVerificationSignature.size()) return std::nullopt;
  std::size_t last = (stub_data.size() - kVerificationSignature.size()) & ~std::size_t{3};
  for (std::size_t at = last + 4; at > 0;) {
    at -= 4;
    if (std::equal(kVerificationSignature.begin(), kVerificationSignature.end(),
                   stub_data.begin() + static_cast<std::ptrdiff_t>(at)))
      return at;
  }
  return std::nullopt;
}

}  // namespace ropewalk::dcerpc
