// The remote management interface: [C706] appendix Q, [MS-RPCE] 2.2.1.3.
#pragma once

#include "protocol/epm/methods.h"

namespace ropewalk::mgmt {

extern const dcerpc::Interface kManagement;

inline constexpr u32 kMaxStatistics = 50;       // [MS-RPCE] 2.2.1.3.2
inline constexpr u32 kMaxPrincipalName = 4096;  // [MS-RPCE] 2.2.1.3.4

// rpc_if_id_vector_t
struct InterfaceVector {
  static constexpr std::string_view kName = "rpc_if_id_vector_t";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.3.1";
  static constexpr ndr::Alignment kAlignment = {4, 8};
  static constexpr bool kHasPointers = true;
  wire::List<ndr::Pointer<epm::InterfaceId>> ids;
  static void conformance(auto& m, auto& n) { n.count("max_count", m.ids); }
  static void ndr(auto& m, auto& n) {
    n.length_of("Count", u32{}, m.ids.size());
    n.elements("IfId", m.ids);
  }
};

// Methods without parameters in: opnums 0, 2 and 3.
struct NothingIn {
  static constexpr std::string_view kName = "mgmt-in";
  static constexpr std::string_view kSource = "[C706] appendix Q";
  static void fields(auto&, auto&) {}
};
// Opnum 0
struct InqIfIdsOut {
  static constexpr std::string_view kName = "rpc_mgmt_inq_if_ids-out";
  static constexpr std::string_view kSource = "[C706] appendix Q";
  ndr::Pointer<InterfaceVector> ids;
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("if_id_vector", m.ids);
    n("status", m.status);
  }
};

// Opnum 1
struct InqStatsIn {
  static constexpr std::string_view kName = "rpc_mgmt_inq_stats-in";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.3.3";
  u32 count{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("count", m.count);
  }
};
struct InqStatsOut {
  static constexpr std::string_view kName = "rpc_mgmt_inq_stats-out";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.3.3";
  ndr::Array<u32> statistics;  // calls in, calls out, packets in, packets out
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    std::size_t count = m.statistics.size();
    n.announced("count", u32{}, count);
    n("statistics", m.statistics);
    n.expect_length(count, m.statistics.size());
    n("status", m.status);
  }
};

// Opnum 2
struct IsServerListeningOut {
  static constexpr std::string_view kName = "rpc_mgmt_is_server_listening-out";
  static constexpr std::string_view kSource = "[C706] appendix Q";
  u32 status{};
  u32 listening{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("status", m.status);
    n("return", m.listening);
  }
};

// Opnum 3
struct StopServerListeningOut {
  static constexpr std::string_view kName = "rpc_mgmt_stop_server_listening-out";
  static constexpr std::string_view kSource = "[C706] appendix Q";
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("status", m.status);
  }
};

// Opnum 4
struct InqPrincNameIn {
  static constexpr std::string_view kName = "rpc_mgmt_inq_princ_name-in";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.3.4";
  u32 authn_proto{};
  u32 size{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("authn_proto", m.authn_proto);
    n("princ_name_size", m.size);
  }
};
struct InqPrincNameOut {
  static constexpr std::string_view kName = "rpc_mgmt_inq_princ_name-out";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.3.4";
  ndr::String name;
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("princ_name", m.name);
    n("status", m.status);
  }
};

}  // namespace ropewalk::mgmt
