#include "inspect/file_loader.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

namespace ropewalk::inspect {
namespace {

constexpr u64 kPacketHeader = 16;    // of each packet in a pcap file
constexpr u64 kPacketsAtOnce = 256;  // between two looks at the clock

// What of the capture was not followed, in words.
std::string left_out(const dissect::DissectCounts& counts) {
  std::string text;
  for (auto [count, what] :
       {std::pair(counts.tls, "TLS"), std::pair(counts.smb, "SMB"), std::pair(counts.other, "other")})
    if (count != 0) text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, what);
  return text.empty() ? text : fmt::format("connections left out: {}", text);
}

}  // namespace

Result<std::unique_ptr<FileLoader>> FileLoader::start(const std::string& path, dissect::DissectOptions options,
                                                      OperationStore& store, Progress& progress) {
  ROPEWALK_TRY(capture::PacketFile file, capture::PacketFile::open(path));
  std::error_code unknown;
  const auto size = path == "-" ? 0 : std::filesystem::file_size(path, unknown);
  progress.set([&](Progress::Facts& facts) {
    facts.title = path == "-" ? "standard input" : std::filesystem::path(path).filename().string();
    facts.is_loading = true;
  });
  return std::unique_ptr<FileLoader>(
      new FileLoader(std::move(file), unknown ? 0 : size, std::move(options), store, progress));
}

FileLoader::FileLoader(capture::PacketFile file, u64 size, dissect::DissectOptions options, OperationStore& store,
                       Progress& progress)
    : file_(std::move(file)), size_(size), options_(std::move(options)), store_(store), progress_(progress) {
  thread_ = std::thread([this] { work(); });
}

FileLoader::~FileLoader() {
  stopping_ = true;
  wait();
}

void FileLoader::wait() {
  if (thread_.joinable()) thread_.join();
}

void FileLoader::work() {
  dissect::Dissector dissector(file_.link_type(), std::move(options_),
                               [this](const dissect::Operation& operation) { store_.add(operation); });
  capture::Packet packet;
  u64 packets = 0;
  auto told = std::chrono::steady_clock::now();
  while (!stopping_ && file_.next(packet)) {
    dissector.add(packet);
    if (++packets % kPacketsAtOnce != 0) continue;
    const auto now = std::chrono::steady_clock::now();
    if (now - told < std::chrono::milliseconds(100)) continue;
    told = now;
    const auto& counts = dissector.counts();
    // Compressed files hold more than their size.
    const double read = static_cast<double>(counts.bytes + counts.frames * kPacketHeader);
    const double share = size_ == 0 ? 0 : std::min(0.99, read / static_cast<double>(size_));
    progress_.set([&](Progress::Facts& facts) { facts.share = share; });
  }
  if (!stopping_) dissector.finish();
  const std::string trouble = file_.trouble(), others = left_out(dissector.counts());
  progress_.set([&](Progress::Facts& facts) {
    facts.is_loading = false;
    facts.share = 1;
    facts.note = trouble.empty() || others.empty() ? trouble + others : trouble + "; " + others;
  });
}

}  // namespace ropewalk::inspect
