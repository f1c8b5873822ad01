// The endpoint mapper's methods: [C706] appendix O, [MS-RPCE] 2.2.1.2.
#pragma once

#include "protocol/dcerpc/interface.h"
#include "protocol/epm/tower.h"
#include "protocol/ndr/ndr.h"

namespace ropewalk::epm {

extern const dcerpc::Interface kEndpointMapper;

inline constexpr u16 kWellKnownPort = 135;
inline constexpr u32 kNotRegistered = 0x16C9A0D6;  // ept_s_not_registered
inline constexpr u32 kCantPerform = 0x16C9A0CD;    // ept_s_cant_perform_op
inline constexpr u32 kMaxEntries = 500;            // [MS-RPCE] 2.2.1.2.4
inline constexpr u32 kMaxTowerLength = 2000;       // [MS-RPCE] 2.2.1.2.2

enum InquiryType : u32 { kAllElements = 0, kMatchByInterface = 1, kMatchByObject = 2, kMatchByBoth = 3 };
enum VersionOption : u32 { kAllVersions = 1, kCompatible = 2, kExact = 3, kMajorOnly = 4, kUpTo = 5 };

// twr_t
struct TowerOctets {
  static constexpr std::string_view kName = "twr_t";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.2.2";
  static constexpr ndr::Alignment kAlignment = {4, 4};
  ByteView octets;
  static void conformance(auto& m, auto& n) { n.count("max_count", m.octets); }
  static void ndr(auto& m, auto& n) {
    n.length_of("tower_length", u32{}, m.octets.size());
    n.range(m.octets.size(), 0, kMaxTowerLength);
    n.plain("tower_octet_string", m.octets);
    n.v().template inside<Tower>("Tower", [&](Arena&) { return std::optional<ByteView>(m.octets); });
  }
};

// RPC_IF_ID
struct InterfaceId {
  static constexpr std::string_view kName = "RPC_IF_ID";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.1.1";
  static constexpr ndr::Alignment kAlignment = {4, 4};
  Guid uuid;
  u16 major{}, minor{};
  static void ndr(auto& m, auto& n) {
    n("Uuid", m.uuid);
    n("VersMajor", m.major);
    n("VersMinor", m.minor);
  }
};

// ept_entry_t
struct Entry {
  static constexpr std::string_view kName = "ept_entry_t";
  static constexpr std::string_view kSource = "[C706] appendix O";
  static constexpr ndr::Alignment kAlignment = {4, 8};
  static constexpr bool kHasPointers = true;
  Guid object;
  ndr::FullPointer<TowerOctets> tower;
  ndr::FixedString<64> annotation;
  static void ndr(auto& m, auto& n) {
    n("object", m.object);
    n("tower", m.tower);
    n("annotation", m.annotation);
  }
};

// Opnum 2
struct LookupIn {
  static constexpr std::string_view kName = "ept_lookup-in";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.2.4";
  u32 inquiry_type{};
  ndr::FullPointer<Guid> object;
  ndr::FullPointer<InterfaceId> interface_id;
  u32 version_option{};
  ndr::ContextHandle entry_handle;
  u32 max_entries{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("inquiry_type", m.inquiry_type);
    n("object", m.object);
    n("Ifid", m.interface_id);
    n("vers_option", m.version_option);
    n("entry_handle", m.entry_handle);
    n("max_ents", m.max_entries);
  }
};
struct LookupOut {
  static constexpr std::string_view kName = "ept_lookup-out";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.2.4";
  ndr::ContextHandle entry_handle;
  ndr::VaryingArray<Entry> entries;
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("entry_handle", m.entry_handle);
    std::size_t count = m.entries.size();
    n.announced("num_ents", u32{}, count);
    n("entries", m.entries);
    n.expect_length(count, m.entries.size());
    n("status", m.status);
  }
};

// Opnum 3
struct MapIn {
  static constexpr std::string_view kName = "ept_map-in";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.2.5";
  ndr::FullPointer<Guid> object;
  ndr::FullPointer<TowerOctets> map_tower;
  ndr::ContextHandle entry_handle;
  u32 max_towers{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("obj", m.object);
    n("map_tower", m.map_tower);
    n("entry_handle", m.entry_handle);
    n("max_towers", m.max_towers);
  }
};
struct MapOut {
  static constexpr std::string_view kName = "ept_map-out";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.2.5";
  ndr::ContextHandle entry_handle;
  ndr::VaryingArray<ndr::FullPointer<TowerOctets>> towers;
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("entry_handle", m.entry_handle);
    std::size_t count = m.towers.size();
    n.announced("num_towers", u32{}, count);
    n("ITowers", m.towers);
    n.expect_length(count, m.towers.size());
    n("status", m.status);
  }
};

// Opnum 4
struct LookupHandleFreeIn {
  static constexpr std::string_view kName = "ept_lookup_handle_free-in";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.2.8";
  ndr::ContextHandle entry_handle;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("entry_handle", m.entry_handle);
  }
};
struct LookupHandleFreeOut {
  static constexpr std::string_view kName = "ept_lookup_handle_free-out";
  static constexpr std::string_view kSource = "[MS-RPCE] 2.2.1.2.8";
  ndr::ContextHandle entry_handle;
  u32 status{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("entry_handle", m.entry_handle);
    n("status", m.status);
  }
};

}  // namespace ropewalk::epm
