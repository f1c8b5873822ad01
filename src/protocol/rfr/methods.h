// The referral interface, which tells a client where its address book server is: [MS-OXABREF] 3.1.4.
#pragma once

#include "mapi/error_code.h"
#include "mapi/value.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/ndr/ndr.h"

namespace ropewalk::rfr {

// [MS-OXABREF] 2.1
extern const dcerpc::Interface kRfr;

// Opnum 0
struct GetNewDsaIn {
  static constexpr std::string_view kName = "RfrGetNewDSA-in";
  static constexpr std::string_view kSource = "[MS-OXABREF] 3.1.4.1";
  u32 flags{};
  ndr::String user_dn;
  ndr::Pointer<ndr::Pointer<ndr::String>> unused, server;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ulFlags", m.flags);
    n("pUserDN", m.user_dn);
    n("ppszUnused", m.unused);
    n("ppszServer", m.server);
  }
};
struct GetNewDsaOut {
  static constexpr std::string_view kName = "RfrGetNewDSA-out";
  static constexpr std::string_view kSource = "[MS-OXABREF] 3.1.4.1";
  ndr::Pointer<ndr::Pointer<ndr::String>> unused, server;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppszUnused", m.unused);
    n("ppszServer", m.server);
    n("return", m.return_value);
  }
};

// Opnum 1
struct GetFqdnFromServerDnIn {
  static constexpr std::string_view kName = "RfrGetFQDNFromServerDN-in";
  static constexpr std::string_view kSource = "[MS-OXABREF] 3.1.4.2";
  static constexpr u32 kLeast = 10, kMost = 1024;  // bytes of the DN, with its terminator
  u32 flags{};
  ndr::String server_dn;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ulFlags", m.flags);
    std::size_t said = std::max<std::size_t>(m.server_dn.max_count, m.server_dn.text.bytes.size() + 1);
    n.announced("cbMailboxServerDN", u32{}, said);
    n.range(said, kLeast, kMost);
    n("szMailboxServerDN", m.server_dn);
    n.expect_length(said, m.server_dn.max_count);
  }
};
struct GetFqdnFromServerDnOut {
  static constexpr std::string_view kName = "RfrGetFQDNFromServerDN-out";
  static constexpr std::string_view kSource = "[MS-OXABREF] 3.1.4.2";
  ndr::Pointer<ndr::String> fqdn;
  mapi::ErrorCode return_value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("ppszServerFQDN", m.fqdn);
    n("return", m.return_value);
  }
};

}  // namespace ropewalk::rfr
