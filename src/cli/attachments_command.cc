// `ropewalk attachments`: what hangs on a message, and the files saved.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "cli/client_command.h"
#include "cli/commands.h"
#include "cli/text_table.h"
#include "client/content.h"
#include "mime/export.h"

namespace ropewalk::cli {
namespace {

using client::Failure;
using client::PropTag;
namespace fs = std::filesystem;
namespace tag = mapi::tag;

constexpr u64 kEmbedded = 5;  // [MS-OXCMSG] 2.2.2.9 afEmbeddedMessage

struct Options {
  std::string message, folder = "inbox", save;
  bool json = false;
};

struct File {
  u32 number = 0;
  std::string name, type, saved_as;
  u64 size = 0, method = 0;
};

const PropTag kColumns[] = {PropTag(tag::PidTagAttachNumber),   PropTag(tag::PidTagAttachLongFilename),
                            PropTag(tag::PidTagAttachFilename), PropTag(tag::PidTagDisplayName),
                            PropTag(tag::PidTagAttachMimeTag),  PropTag(tag::PidTagAttachSize),
                            PropTag(tag::PidTagAttachMethod)};

// A name that stays in the folder: no path, no control characters, not hidden.
std::string safe_name(const File& file) {
  std::string name = printable(file.name);
  for (char& c : name)
    if (c == '/' || c == '\\') c = '_';
  while (!name.empty() && name.front() == '.') name.erase(0, 1);
  if (name.size() > 200) {
    std::size_t end = 200;
    while (end > 0 && (static_cast<u8>(name[end]) & 0xC0) == 0x80) --end;
    name.resize(end);
  }
  if (name.empty()) name = fmt::format("attachment-{}", file.number);
  if (file.method == kEmbedded && !name.ends_with(".eml")) name += ".eml";
  return name;
}

// Creates, never overwrites: "a.txt", "a (2).txt", ...
Result<std::string> save_new(const fs::path& folder, const std::string& name, ByteView bytes) {
  fs::path wanted(name);
  for (int attempt = 1; attempt < 10'000; ++attempt) {
    std::string stem = wanted.stem().string() + (attempt == 1 ? "" : fmt::format(" ({})", attempt));
    fs::path path = folder / (stem + wanted.extension().string());
    int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (file < 0 && errno == EEXIST) continue;
    if (file < 0) return Error{fmt::format("cannot create {}: {}", path.string(), std::strerror(errno))};
    std::size_t done = 0;
    while (done < bytes.size()) {
      ssize_t n = ::write(file, bytes.data() + done, bytes.size() - done);
      if (n <= 0) break;
      done += static_cast<std::size_t>(n);
    }
    bool closed = ::close(file) == 0;
    if (done != bytes.size() || !closed)
      return Error{fmt::format("cannot write {}: {}", path.string(), std::strerror(errno))};
    return path.string();
  }
  return Error{fmt::format("there are too many files called {} in {}", name, folder.string())};
}

client::Outcome<std::vector<u8>> bytes_of_attachment(client::MessageStore& store, client::Message& message,
                                                     const File& file) {
  ROPEWALK_TRY(auto attachment, message.open_attachment(file.number, client::Access::read));
  if (file.method == kEmbedded) {
    ROPEWALK_TRY(auto inner, attachment->open_embedded(client::Access::read));
    ROPEWALK_TRY(auto content, client::read_content(store, *inner));
    std::string eml = mime::export_message(content);
    return std::vector<u8>(eml.begin(), eml.end());
  }
  auto stream = attachment->open_stream(PropTag(tag::PidTagAttachDataBinary), client::Access::read);
  if (!stream.ok() && stream.error().code == mapi::ErrorCode::not_found) return std::vector<u8>();
  ROPEWALK_TRY(auto opened, std::move(stream));
  return opened->read_all();
}

client::Outcome<std::vector<File>> list_files(client::Message& message) {
  ROPEWALK_TRY(auto table, message.attachments());
  ROPEWALK_CHECK(table->set_columns(kColumns));
  ROPEWALK_TRY(client::Rows rows, table->read_all());
  std::vector<File> files;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    File file;
    file.number = static_cast<u32>(client::number_of(rows[i], kColumns[0]));
    for (std::size_t c = 1; c <= 3 && file.name.empty(); ++c) file.name = client::text_of(rows[i], kColumns[c]);
    file.type = client::text_of(rows[i], kColumns[4]);
    file.size = client::number_of(rows[i], kColumns[5]);
    file.method = client::number_of(rows[i], kColumns[6]);
    files.push_back(std::move(file));
  }
  return files;
}

client::Outcome<void> save_files(client::MessageStore& store, client::Message& message, const std::string& folder,
                                 std::vector<File>& files) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) return Failure{mapi::ErrorCode::error, "cannot make the folder " + folder + ": " + error.message()};
  for (File& file : files) {
    ROPEWALK_TRY(auto bytes, bytes_of_attachment(store, message, file));
    auto saved = save_new(folder, safe_name(file), bytes);
    if (!saved.ok()) return Failure{mapi::ErrorCode::error, saved.error().text};
    file.saved_as = *saved;
    file.size = bytes.size();
  }
  return {};
}

void print_files(const std::vector<File>& files, bool json) {
  boost::json::array list;
  TextTable table({{"#", true, 1, false},
                   {"Name", false, 10},
                   {"Type", false, 6},
                   {"Size", true, 4, false},
                   {"Saved as", false, 10}});
  for (const File& file : files) {
    boost::json::object one{{"number", file.number},
                            {"name", file.name},
                            {"type", file.type},
                            {"size", file.size},
                            {"method", file.method}};
    if (!file.saved_as.empty()) one["saved"] = file.saved_as;
    list.push_back(std::move(one));
    std::string type = file.method == kEmbedded ? "a message" : file.type;
    table.add({std::to_string(file.number), file.name, type, size_text(file.size), file.saved_as});
  }
  write_output(json ? boost::json::serialize(list) + "\n" : table.to_text(terminal_width()));
}

}  // namespace

void add_attachments_command(CLI::App& root, Outcome& outcome) {
  CLI::App* command = root.add_subcommand("attachments", "List the attachments of a message, or save them");
  auto where = add_client_options(*command);
  auto options = std::make_shared<Options>();
  command
      ->add_option("MESSAGE", options->message, "Its id (1-2A), or its place in the folder, newest first (1, 2, ...)")
      ->required();
  command->add_option("--folder", options->folder, "The folder it is in")->capture_default_str();
  command->add_option("--save", options->save, "Save all of them here; existing files are never overwritten");
  command->add_flag("--json", options->json, "A JSON array");
  command->callback([where, options, &outcome] {
    with_store(*where, outcome, [&](client::MessageStore& store) -> client::Outcome<void> {
      ROPEWALK_TRY(MessageRef ref, find_message(store, options->folder, options->message));
      ROPEWALK_TRY(auto message, store.open_message(ref.folder, ref.message, client::Access::read));
      ROPEWALK_TRY(auto files, list_files(*message));
      if (!options->save.empty()) ROPEWALK_CHECK(save_files(store, *message, options->save, files));
      print_files(files, options->json);
      return {};
    });
  });
}

}  // namespace ropewalk::cli
