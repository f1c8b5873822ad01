#include "cli/rpc_coverage.h"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "dissect/kinds.h"
#include "protocol/dcerpc/interface.h"
#include "protocol/dcerpc/pdu.h"
#include "protocol/echo/methods.h"
#include "protocol/mapihttp/request_types.h"
#include "protocol/rpch/rts.h"
#include "server/rpc/rpc_server.h"

namespace ropewalk::cli {
namespace {

// What the sources say: kRpcServer, kRpcClient, kRpcBytesTest, kRpcTest; names of methods and PDUs.
#include "rpc_coverage_generated.inc"

bool is_in(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TestedBy tested_by(std::string_view name) {
  if (is_in(kRpcTest, name)) return TestedBy::server;
  return is_in(kRpcBytesTest, name) ? TestedBy::bytes : TestedBy::nothing;
}

void add_methods(const dcerpc::Interface& interface, std::vector<RpcCoverage>& rows) {
  const auto served = server::served_rpc_methods(interface);
  for (const dcerpc::Method& method : interface.methods) {
    RpcCoverage row{interface.name, std::string(method.name), method.opnum, method.source};
    row.described = method.in != nullptr && method.out != nullptr;
    row.dissected = row.described && dissect::find_kind(fmt::format("ndr-{}-in", method.name)) != nullptr &&
                    dissect::find_kind(fmt::format("ndr-{}-out", method.name)) != nullptr;
    row.served = std::find(served.begin(), served.end(), method.opnum) != served.end();
    row.called = is_in(kRpcClient, method.name);
    row.tested = tested_by(method.name);
    rows.push_back(row);
  }
}

RpcCoverage named(std::string_view group, std::string_view name, int number, std::string_view source) {
  RpcCoverage row{group, std::string(name), number, source};
  row.described = true;
  row.served = is_in(kRpcServer, name);
  row.called = is_in(kRpcClient, name);
  row.tested = tested_by(name);
  return row;
}

void add_pdus(std::vector<RpcCoverage>& rows) {
  for (int type = 0; type < 256; ++type) {
    const auto packet = static_cast<dcerpc::PacketType>(type);
    const std::string_view name = dcerpc::packet_name(packet);
    if (name.empty()) continue;
    const wire::StructInfo& body = dcerpc::body_info(packet);
    RpcCoverage row = named("PDUs", name, type, body.source);
    row.described = &body != &wire::struct_info<dcerpc::UnknownBody>;
    row.dissected = row.described && dissect::find_kind("dcerpc-pdu") != nullptr;
    rows.push_back(row);
  }
}

void add_rts_pdus(std::vector<RpcCoverage>& rows) {
  const bool dissected = dissect::find_kind("rts-pdu") != nullptr;
  for (const rpch::NamedRts& rts : rpch::named_rts()) {
    RpcCoverage row = named("RTS PDUs", rts.name, -1, rts.source);
    row.dissected = dissected;
    rows.push_back(row);
  }
}

// By the names of their ids, for scan_coverage.py finds them in sources.
std::string id_of(mapihttp::RequestType type) {
  constexpr std::string_view kIds[] = {
      "connect",       "execute",       "disconnect",        "notification_wait",   "ping",
      "bind",          "unbind",        "compare_min_ids",   "dn_to_min_id",        "get_matches",
      "get_prop_list", "get_props",     "get_special_table", "get_template_info",   "mod_link_att",
      "mod_props",     "query_columns", "query_rows",        "resolve_names",       "resort_restriction",
      "seek_entries",  "update_stat",   "get_mailbox_url",   "get_address_book_url"};
  static_assert(std::size(kIds) == mapihttp::kRequestTypeCount);
  return fmt::format("RequestType::{}", kIds[static_cast<std::size_t>(type)]);
}

void add_request_types(std::vector<RpcCoverage>& rows) {
  for (const mapihttp::RequestTypeRow& type : mapihttp::request_types()) {
    if (type.request == nullptr) continue;  // PING has no body
    const std::string id = id_of(type.type);
    RpcCoverage row = named("MAPI/HTTP", id, -1, type.source);
    row.name = name(type.type);
    row.dissected = dissect::find_kind(type.request->name) != nullptr;
    rows.push_back(row);
  }
}

// Files, which are no RPC but are had beside it.
void add_oab_files(std::vector<RpcCoverage>& rows) {
  for (std::string_view name : {"oab-details", "oab-compressed", "oab-patch", "oab-manifest"}) {
    const dissect::Kind* kind = dissect::find_kind(name);
    RpcCoverage row = named("OAB files", name, -1, kind == nullptr ? "" : kind->source);
    row.dissected = kind != nullptr;
    rows.push_back(row);
  }
}

std::string_view document_of(std::string_view source) {
  return source.substr(0, std::min(source.find(']') + 1, source.size()));
}
std::string_view yes(bool value) { return value ? "yes" : "-"; }
std::string_view tested_text(TestedBy tested) {
  constexpr std::string_view kTexts[] = {"-", "bytes", "yes"};
  return kTexts[static_cast<int>(tested)];
}
std::string number_text(const RpcCoverage& row) { return row.number < 0 ? "" : std::to_string(row.number); }

struct Counts {
  int all = 0, described = 0, dissected = 0, served = 0, called = 0, tested = 0;
  void add(const RpcCoverage& row) {
    ++all;
    described += row.described ? 1 : 0;
    dissected += row.dissected ? 1 : 0;
    served += row.served ? 1 : 0;
    called += row.called ? 1 : 0;
    tested += row.tested == TestedBy::server ? 1 : 0;
  }
};

}  // namespace

std::vector<RpcCoverage> rpc_coverage() {
  std::vector<RpcCoverage> rows;
  for (const dcerpc::Interface* interface : dcerpc::known_interfaces())
    if (interface != &echo::kEcho) add_methods(*interface, rows);  // that one is for tests
  add_pdus(rows);
  add_rts_pdus(rows);
  add_request_types(rows);
  add_oab_files(rows);
  return rows;
}

std::string rpc_coverage_text(const std::vector<RpcCoverage>& rows) {
  std::string out = fmt::format("{:<12}  {:>3}  {:<32}  {:<9}  {:<9}  {:<6}  {:<6}  {}\n", "RPC", "no.",
                                "method or PDU", "described", "dissected", "served", "client", "tested");
  Counts all;
  for (const RpcCoverage& row : rows) {
    all.add(row);
    out +=
        fmt::format("{:<12}  {:>3}  {:<32}  {:<9}  {:<9}  {:<6}  {:<6}  {}\n", row.group, number_text(row), row.name,
                    yes(row.described), yes(row.dissected), yes(row.served), yes(row.called), tested_text(row.tested));
  }
  out += fmt::format(
      "{} methods and PDUs of RPC, request types over HTTP and files of the address book: {} described, {} dissected, "
      "{} served, {} called by the "
      "client, {} tested on a "
      "server\n",
      all.all, all.described, all.dissected, all.served, all.called, all.tested);
  return out;
}

std::string rpc_coverage_markdown(const std::vector<RpcCoverage>& rows) {
  std::string out =
      "| RPC | specification | described | dissected | served | called by the client | tested on a server |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n";
  auto line = [&](std::string_view group, std::string_view document, const Counts& counts) {
    out += fmt::format("| {} ({}) | {} | {} | {} | {} | {} | {} |\n", group, counts.all, document, counts.described,
                       counts.dissected, counts.served, counts.called, counts.tested);
  };
  for (auto begin = rows.begin(); begin != rows.end();) {
    Counts counts;
    auto end = begin;
    for (; end != rows.end() && end->group == begin->group; ++end) counts.add(*end);
    line(begin->group, document_of(begin->source), counts);
    begin = end;
  }
  out +=
      "\n<details><summary>Every method and PDU of RPC, every request type over HTTP, the offline address book's "
      "files</summary>\n\n";
  out += "| RPC | no. | method or PDU | described | dissected | served | client | tested |\n";
  out += "| --- | --- | --- | --- | --- | --- | --- | --- |\n";
  for (const RpcCoverage& row : rows)
    out +=
        fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} |\n", row.group, number_text(row), row.name,
                    yes(row.described), yes(row.dissected), yes(row.served), yes(row.called), tested_text(row.tested));
  return out + "\n</details>\n";
}

boost::json::value rpc_coverage_json(const std::vector<RpcCoverage>& rows) {
  boost::json::array out;
  for (const RpcCoverage& row : rows) {
    boost::json::object one{{"group", row.group},         {"name", row.name},
                            {"source", row.source},       {"described", row.described},
                            {"dissected", row.dissected}, {"served", row.served},
                            {"client", row.called},       {"tested", tested_text(row.tested)}};
    if (row.number >= 0) one["number"] = row.number;
    out.push_back(std::move(one));
  }
  return out;
}

}  // namespace ropewalk::cli
