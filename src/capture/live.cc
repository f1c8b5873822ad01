#include "capture/live.h"

#include <fmt/format.h>
#include <pcap/pcap.h>
#include <poll.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "capture/network.h"

namespace ropewalk::capture {
namespace {

constexpr int kSnapLength = 262'144;
constexpr int kBufferSize = 16 << 20;
constexpr int kWait = 100;  // milliseconds

Error cannot_listen(const std::string& name, int code, pcap* handle) {
  const char* detail = pcap_geterr(handle);
  std::string why = *detail != '\0' ? detail : pcap_statustostr(code);
  if (code == PCAP_ERROR_PERM_DENIED) why += "; run as root, or give the program the right: setcap cap_net_raw+ep";
  if (code == PCAP_ERROR_NO_SUCH_DEVICE) {
    why = "there is no such interface";
    if (auto names = interface_names(); names.ok())
      for (std::size_t i = 0; i < names->size(); ++i) why += (i == 0 ? "; there are " : ", ") + (*names)[i];
  }
  return Error{fmt::format("cannot capture on {}: {}", name, why)};
}

}  // namespace

std::string mapi_filter(const std::set<u16>& ports) {
  std::string listed;
  for (u16 port : ports) listed += fmt::format("{}tcp port {}", listed.empty() ? "" : " or ", port);
  // A PDU of version 5.0 and of type bind (11) to auth3 (16) at the start of a segment. libpcap cannot index TCP over
  // IPv6 by itself.
  constexpr std::string_view kBind4 =
      "(tcp[((tcp[12] & 0xf0) >> 2):2] = 0x0500 and tcp[((tcp[12] & 0xf0) >> 2) + 2] >= 11 and "
      "tcp[((tcp[12] & 0xf0) >> 2) + 2] <= 16)";
  constexpr std::string_view kBind6 =
      "(ip6[6] = 6 and ip6[40 + ((ip6[52] & 0xf0) >> 2):2] = 0x0500 and ip6[42 + ((ip6[52] & 0xf0) >> 2)] >= 11 and "
      "ip6[42 + ((ip6[52] & 0xf0) >> 2)] <= 16)";
  constexpr std::string_view kFragment = "(ip[6:2] & 0x1fff != 0)";
  std::string wanted =
      fmt::format("{}{}{} or {} or {}", listed, listed.empty() ? "" : " or ", kBind4, kBind6, kFragment);
  return wanted;
}

// ---- LiveCapture ----

LiveCapture::LiveCapture(pcap* handle, std::string name)
    : handle_(handle), name_(std::move(name)), link_type_(pcap_datalink(handle)) {}

LiveCapture::LiveCapture(LiveCapture&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      name_(std::move(other.name_)),
      link_type_(other.link_type_),
      count_(other.count_) {}

LiveCapture::~LiveCapture() {
  if (handle_ != nullptr) pcap_close(handle_);
}

Result<LiveCapture> LiveCapture::open(const std::string& interface_name) {
  char why[PCAP_ERRBUF_SIZE] = "";
  std::unique_ptr<pcap, decltype(&pcap_close)> handle(pcap_create(interface_name.c_str(), why), pcap_close);
  if (!handle) return Error{fmt::format("cannot capture on {}: {}", interface_name, why)};
  pcap_set_snaplen(handle.get(), kSnapLength);
  pcap_set_buffer_size(handle.get(), kBufferSize);
  pcap_set_timeout(handle.get(), kWait);
  // What a mapper answers is to be known before the client uses it.
  pcap_set_immediate_mode(handle.get(), 1);
  pcap_set_tstamp_precision(handle.get(), PCAP_TSTAMP_PRECISION_NANO);
  int code = pcap_activate(handle.get());
  if (code < 0) return cannot_listen(interface_name, code, handle.get());
  if (pcap_setnonblock(handle.get(), 1, why) != 0)
    return Error{fmt::format("cannot wait on {}: {}", interface_name, why)};
  LiveCapture capture(handle.release(), interface_name);
  if (!knows_link_type(capture.link_type_))
    return Error{fmt::format("{} is a link of type {}, which is not known here", interface_name, capture.link_type_)};
  return capture;
}

Status LiveCapture::set_filter(const std::string& expression) {
  bpf_program program{};
  if (pcap_compile(handle_, &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN) != 0)
    return Error{fmt::format("the capture filter \"{}\" is wrong: {}", expression, pcap_geterr(handle_))};
  int set = pcap_setfilter(handle_, &program);
  pcap_freecode(&program);
  if (set != 0) return Error{fmt::format("cannot set a capture filter on {}: {}", name_, pcap_geterr(handle_))};
  return {};
}

Result<LiveCapture::Next> LiveCapture::next(Packet& packet) {
  pcap_pkthdr* header = nullptr;
  const u8* bytes = nullptr;
  // Not libpcap's own flag alone: what it reads on the way, with a new filter say, may take that back.
  if (is_stopped_ != 0) return Next::stopped;
  switch (pcap_next_ex(handle_, &header, &bytes)) {
    case 0: {
      // Not libpcap's own waiting: in immediate mode that does not end before a packet comes.
      pollfd ready{pcap_get_selectable_fd(handle_), POLLIN, 0};
      ::poll(&ready, 1, kWait);
      return Next::nothing_yet;
    }
    case 1:
      packet.frame = {++count_, frame_time(header->ts.tv_sec, header->ts.tv_usec)};
      packet.length = header->len;
      packet.bytes = {bytes, header->caplen};
      return Next::packet;
    case PCAP_ERROR_BREAK:
      return Next::stopped;
    default:
      return Error{fmt::format("capturing on {} ended after {} frames: {}", name_, count_, pcap_geterr(handle_))};
  }
}

void LiveCapture::stop() {
  is_stopped_ = 1;
  pcap_breakloop(handle_);
}

u64 LiveCapture::dropped() const {
  pcap_stat counts{};
  return pcap_stats(handle_, &counts) == 0 ? counts.ps_drop : 0;
}

Result<std::vector<std::string>> interface_names() {
  char why[PCAP_ERRBUF_SIZE] = "";
  pcap_if_t* first = nullptr;
  if (pcap_findalldevs(&first, why) != 0) return Error{fmt::format("cannot list interfaces: {}", why)};
  std::vector<std::string> names;
  for (const pcap_if_t* each = first; each != nullptr; each = each->next) names.emplace_back(each->name);
  pcap_freealldevs(first);
  return names;
}

// ---- PacketWriter ----

PacketWriter::PacketWriter(pcap* handle, pcap_dumper* dumper, std::string path)
    : handle_(handle), dumper_(dumper), path_(std::move(path)) {}

PacketWriter::PacketWriter(PacketWriter&& other) noexcept
    : handle_(std::exchange(other.handle_, nullptr)),
      dumper_(std::exchange(other.dumper_, nullptr)),
      path_(std::move(other.path_)) {}

PacketWriter::~PacketWriter() {
  if (dumper_ != nullptr) pcap_dump_close(dumper_);
  if (handle_ != nullptr) pcap_close(handle_);
}

Result<PacketWriter> PacketWriter::create(const std::string& path, int link_type) {
  pcap* handle = pcap_open_dead_with_tstamp_precision(link_type, kSnapLength, PCAP_TSTAMP_PRECISION_NANO);
  if (handle == nullptr) return Error{"cannot write a capture: out of memory"};
  pcap_dumper* dumper = pcap_dump_open(handle, path.c_str());
  if (dumper == nullptr) {
    Error error{fmt::format("cannot write {}: {}", path, pcap_geterr(handle))};
    pcap_close(handle);
    return error;
  }
  return PacketWriter(handle, dumper, path);
}

void PacketWriter::write(const Packet& packet) {
  pcap_pkthdr header{};
  header.ts.tv_sec = static_cast<time_t>(packet.frame.time / 1'000'000'000);
  header.ts.tv_usec = static_cast<suseconds_t>(packet.frame.time % 1'000'000'000);
  header.caplen = static_cast<bpf_u_int32>(packet.bytes.size());
  header.len = static_cast<bpf_u_int32>(packet.length);
  pcap_dump(reinterpret_cast<u_char*>(dumper_), &header, packet.bytes.data());
}

Status PacketWriter::flush() {
  if (pcap_dump_flush(dumper_) == 0 && std::ferror(pcap_dump_file(dumper_)) == 0) return {};
  return Error{fmt::format("cannot write {}: {}", path_, std::strerror(errno))};
}

}  // namespace ropewalk::capture
