// For tests alone: mail files, and an independent reading of them by GMime's own parser.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/test_support.h"
#include "mime/glib.h"
#include "mime/import.h"
#include "mime/text.h"

namespace ropewalk::mime {

inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder, const std::string& extension) {
  std::vector<std::filesystem::path> out;
  if (folder.empty()) return out;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == extension) out.push_back(entry.path());
  std::ranges::sort(out);
  return out;
}

inline std::filesystem::path example_mail() { return std::filesystem::path(ROPEWALK_SOURCE_DIR) / "examples/mail"; }

inline Imported import_text(std::string_view raw) {
  ImportOptions options;
  options.fallback_time = FileTime::from_unix(1'700'000'000);
  auto imported = import_message(bytes_of(raw), options);
  EXPECT_TRUE(imported.ok());
  return std::move(*imported);
}

// The decoded content of every leaf as GMime's own parser sees it.
struct GmimeLeaf {
  std::string type;  // lower case
  std::string content;
  std::string text;  // of a text part: in UTF-8, through iconv
};

inline void gmime_leaves(GMimeObject* object, std::vector<GmimeLeaf>& out) {
  if (GMIME_IS_MULTIPART(object)) {
    for (int i = 0; i < g_mime_multipart_get_count(GMIME_MULTIPART(object)); ++i)
      gmime_leaves(g_mime_multipart_get_part(GMIME_MULTIPART(object), i), out);
  } else if (GMIME_IS_MESSAGE_PART(object)) {
    GMimeMessage* inner = g_mime_message_part_get_message(GMIME_MESSAGE_PART(object));
    if (inner != nullptr && g_mime_message_get_mime_part(inner) != nullptr)
      gmime_leaves(g_mime_message_get_mime_part(inner), out);
  } else if (GMIME_IS_PART(object)) {
    GMimeDataWrapper* content = g_mime_part_get_content(GMIME_PART(object));
    if (content == nullptr) return;
    GlibObject<GMimeStream> memory(g_mime_stream_mem_new());
    g_mime_data_wrapper_write_to_stream(content, memory.get());
    GByteArray* bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(memory.get()));
    GMimeContentType* type = g_mime_object_get_content_type(object);
    std::string name = type == nullptr ? ""
                                       : std::string(g_mime_content_type_get_media_type(type)) + "/" +
                                             g_mime_content_type_get_media_subtype(type);
    GlibText text(GMIME_IS_TEXT_PART(object) ? g_mime_text_part_get_text(GMIME_TEXT_PART(object)) : nullptr);
    out.push_back({ascii_lowered(name), std::string(reinterpret_cast<const char*>(bytes->data), bytes->len),
                   text ? text.get() : ""});
  }
}

inline std::vector<GmimeLeaf> gmime_leaves(std::string raw) {
  g_mime_init();
  if (!raw.ends_with('\n')) raw += "\r\n";  // else it leaves half a line end in the last part
  GlibObject<GMimeStream> stream(g_mime_stream_mem_new_with_buffer(raw.data(), raw.size()));
  GlibObject<GMimeParser> parser(g_mime_parser_new_with_stream(stream.get()));
  GlibObject<GMimeMessage> message(g_mime_parser_construct_message(parser.get(), nullptr));
  std::vector<GmimeLeaf> out;
  if (message && g_mime_message_get_mime_part(message.get()) != nullptr)
    gmime_leaves(g_mime_message_get_mime_part(message.get()), out);
  return out;
}

}  // namespace ropewalk::mime
