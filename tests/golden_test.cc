// Bytes and values from the specifications' examples and from captures: each decodes to what it is said to hold, and is
// written back as the same bytes. Exceptions stand in golden_exceptions.tsv.
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <regex>
#include <sstream>

#include "base/hex.h"
#include "base/test_support.h"
#include "golden_support.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/emsmdb/direct2.h"
#include "protocol/emsmdb/extended_buffer.h"

namespace ropewalk::golden {

namespace json = boost::json;
using wire::Node;

namespace {

std::string lower(std::string text) {
  for (char& c : text)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return text;
}

std::string hex_of(ByteView bytes) { return lower(to_hex(bytes)); }

// The bytes of a field: of a counted one, what is counted.
std::string hex_of(const Node& node, ByteView bytes) {
  const Node* inner = node.find("Bytes");
  const Node& shown = inner != nullptr ? *inner : node;
  if (shown.offset + shown.length > bytes.size()) return {};
  return hex_of(bytes.subspan(shown.offset, shown.length));
}

bool is_hex(std::string_view text) {
  return text.size() % 2 == 0 && text.find_first_not_of("0123456789ABCDEFabcdef") == std::string_view::npos;
}

void collect_strings(const Node& node, std::vector<std::string>& out) {
  if (!node.has_fields && node.value.is_string()) out.emplace_back(node.value.as_string());
  for (const Node& field : node.fields) collect_strings(field, out);
}

void collect(const Node& node, std::string_view name, std::vector<const Node*>& out) {
  if (node.name == name) out.push_back(&node);
  for (const Node& field : node.fields) collect(field, name, out);
}

const Node* find_below(const Node& node, std::string_view name) {
  if (const Node* direct = node.find(name)) return direct;
  for (const Node& field : node.fields)
    if (const Node* found = find_below(field, name)) return found;
  return nullptr;
}

// The cells of a row, without the flags between them.
const Node* cell(const Node& row, std::size_t i) {
  for (const Node& node : row.fields) {
    if (node.name == "Flag" || node.name == "PropertyType") continue;
    if (i-- == 0) return &node;
  }
  return nullptr;
}

const Node* element(const Node& node, std::size_t i) {
  if (node.type == "PropertyRow") return cell(node, i);
  return i < node.fields.size() ? &node.fields[i] : nullptr;
}

std::string compare_number(const Node& node, ByteView bytes, u64 said) {
  if (node.length > 8 || node.offset + node.length > bytes.size()) return "not a number";
  u64 number = 0;
  for (std::size_t i = node.length; i-- > 0;) number = number << 8 | bytes[node.offset + i];
  return number == said ? "" : fmt::format("0x{:X}, not 0x{:X}", number, said);
}

}  // namespace

std::string check_both_ways(const std::string& name, ByteView bytes, const dissect::KindOptions& options,
                            wire::Tree& tree) {
  const dissect::Kind* kind = dissect::find_kind(name);
  if (kind == nullptr) return "no kind " + name;
  Arena arena;
  tree = dissect::read_kind(*kind, bytes, arena, options);
  if (tree.error) return tree.error->text();
  auto again = dissect::write_kind(*kind, wire::to_json(tree.root), arena, options);
  if (!again) return "not written back: " + again.error().text;
  if (to_hex(*again) != to_hex(bytes)) return "written back as " + to_hex(*again);
  return {};
}

const Node* find_path(const Node& root, std::string_view path) {
  static const std::regex piece(R"(([^.\[\]]+)|\[(\d+)\])");
  const Node* at = &root;
  std::string text(path);
  for (std::sregex_iterator it(text.begin(), text.end(), piece), end; it != end && at != nullptr; ++it) {
    if ((*it)[2].matched) {
      at = element(*at, std::stoul((*it)[2]));
      continue;
    }
    std::string name = (*it)[1];
    // what the examples call Value bears the name of the structure's last field
    at = name == "Value" && at->type == "TaggedPropertyValue" ? &at->fields.back() : find_below(*at, name);
  }
  return at;
}

std::string compare_value(const Node& node, ByteView bytes, const std::string& said) {
  std::smatch match;
  static const std::regex id("([0-9A-F]{4})-([0-9A-F]{12})"), number("(0x[0-9A-Fa-f]+|[0-9]+)( .*)?"),
      cell_error("flag 0x0A, error (0x[0-9A-F]+)"), blob(R"((\d+) bytes: ([0-9a-f]*))");
  if (said.starts_with('"')) {
    std::vector<std::string> strings;
    collect_strings(node, strings);
    std::string text = said.substr(1, said.size() - 2);
    return std::find(strings.begin(), strings.end(), text) != strings.end() ? "" : "not the text " + said;
  }
  if (said == "(none)") return node.length == 1 ? "" : "there is text";
  if (std::regex_match(said, match, cell_error)) return compare_number(node, bytes, std::stoull(match[1], nullptr, 16));
  if (std::regex_search(said, match, blob)) {
    std::vector<const Node*> blobs;
    collect(node, "Bytes", blobs);
    std::size_t i = 0;
    for (std::sregex_iterator it(said.begin(), said.end(), blob), end; it != end; ++it, ++i) {
      if (i >= blobs.size() || blobs[i]->length != std::stoul((*it)[1])) return "not as many bytes as " + said;
      if (!hex_of(*blobs[i], bytes).starts_with(std::string((*it)[2]))) return "other bytes than " + said;
    }
    return {};
  }
  if (std::regex_match(said, match, id)) {
    auto raw = *from_hex(std::string(match[1]) + std::string(match[2]));
    std::swap(raw[0], raw[1]);
    return hex_of(node, bytes) == hex_of(raw) ? "" : "not the id " + said;
  }
  bool is_bytes = node.length > 8 || node.type == "bytes" || node.has_fields || (said.size() == 16 && is_hex(said));
  if (is_bytes && (said.starts_with("0x") || is_hex(said))) {
    std::string want = lower(said.starts_with("0x") ? said.substr(2) : said);
    return hex_of(node, bytes) == want ? "" : "not the bytes " + said;
  }
  if (std::regex_match(said, match, number)) return compare_number(node, bytes, std::stoull(match[1], nullptr, 0));
  return "a value that the test does not understand: " + said;
}

namespace {

struct Example {
  std::string id, direction, rop, structure;
  std::vector<u8> bytes;
  std::vector<std::pair<std::string, std::string>> fields;
};

std::string text_of_member(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  return value == nullptr ? "" : std::string(value->as_string());
}

std::vector<Example> read_examples(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  std::vector<Example> examples;
  const json::value file = json::parse(text.str());
  for (const json::value& item : file.as_array()) {
    const json::object& object = item.as_object();
    Example& example = examples.emplace_back();
    example.id = text_of_member(object, "id");
    example.direction = text_of_member(object, "direction");
    example.rop = text_of_member(object, "rop");
    example.structure = text_of_member(object, "structure");
    example.bytes = from_hex(text_of_member(object, "hex")).value_or(std::vector<u8>());
    for (const json::value& field : object.at("fields").as_array())
      example.fields.emplace_back(text_of_member(field.as_object(), "name"),
                                  text_of_member(field.as_object(), "value"));
  }
  return examples;
}

std::string said(const Example& example, std::string_view name) {
  for (const auto& [field, value] : example.fields)
    if (field == name) return value;
  return {};
}

// "RowData[0] 0x37090102 PidTagAttachRendering": the columns stand in the fields' names.
std::vector<mapi::PropTag> columns_of(const Example& example) {
  static const std::regex column(R"(RowData\[\d+\] (0x[0-9A-F]{8}).*)");
  std::vector<mapi::PropTag> columns;
  for (const auto& [name, value] : example.fields) {
    std::smatch match;
    if (std::regex_match(name, match, column))
      columns.emplace_back(static_cast<u32>(std::stoul(match[1], nullptr, 16)));
  }
  return columns;
}

std::string compare_fields(const Example& example, const wire::Tree& tree) {
  std::string wrong;
  for (const auto& [name, value] : example.fields) {
    std::string path = name.substr(0, name.find(' '));
    const Node* node = find_path(tree.root, path);
    std::string why = node == nullptr ? "no such field" : compare_value(*node, example.bytes, value);
    if (!why.empty()) wrong += fmt::format("{}: {}; ", name, why);
  }
  return wrong;
}

std::string check_rop(const Example& example) {
  dissect::KindOptions options;
  options.columns = columns_of(example);
  wire::Tree tree;
  std::string wrong = check_both_ways("rop-" + example.direction, example.bytes, options, tree);
  if (!wrong.empty()) return wrong;
  std::string type = example.rop + (example.direction == "request" ? "Request" : "Response");
  if (tree.root.type != type) return "read as " + tree.root.type;
  return compare_fields(example, tree);
}

std::string check_rop_buffer(const Example& example) {
  wire::Tree tree;
  std::string wrong = check_both_ways("rop-input-buffer", example.bytes, {}, tree);
  if (!wrong.empty()) return wrong;
  Example rest = example;
  std::erase_if(rest.fields, [](const auto& field) { return field.first == "Rops"; });
  std::string names;
  for (const Node& rop : tree.root.find("RopsList")->fields)
    names += (names.empty() ? "" : ", ") + rop.type.substr(0, rop.type.size() - std::string_view("Request").size());
  if (names != said(example, "Rops")) return "the ROPs are " + names;
  return compare_fields(rest, tree);
}

// The commands of a GLOBSET in the examples' words.
std::vector<std::string> globset_words(const Node& commands) {
  std::vector<std::string> words;
  std::vector<std::string> stack;
  auto common = [&] {
    std::string all;
    for (const std::string& piece : stack) all += piece;
    return all;
  };
  for (const Node& command : commands.fields) {
    auto hex = [&](std::string_view name) { return lower(std::string(command.find(name)->value.as_string())); };
    auto code = command.find("Command")->value.to_number<int>();
    if (code == 0) {
      words.push_back("end");
    } else if (code == 0x50) {
      stack.pop_back();
      words.push_back("pop");
    } else if (code == 0x52) {
      words.push_back("range " + common() + hex("LowValue") + ".." + common() + hex("HighValue"));
    } else {
      std::string pushed = hex("CommonBytes");
      bool whole = common().size() + pushed.size() == 12;
      words.push_back((whole ? "single " : "push ") + common() + pushed);
      if (!whole) stack.push_back(pushed);
    }
  }
  return words;
}

std::string check_idset(const Example& example) {
  wire::Tree tree;
  std::string wrong = check_both_ways("idset", example.bytes, {}, tree);
  if (!wrong.empty()) return wrong;
  Example replica = example;
  std::erase_if(replica.fields, [](const auto& field) { return field.first.starts_with("GLOBSET"); });
  wrong = compare_fields(replica, tree);
  auto words = globset_words(*find_path(tree.root, "Commands"));
  for (std::size_t i = 0; i < words.size(); ++i)
    if (said(example, fmt::format("GLOBSET[{}]", i)) != words[i])
      wrong += fmt::format("GLOBSET[{}] is {}; ", i, words[i]);
  return wrong;
}

// Compressed bytes: a compressor is free in its choices, so that ours need not be theirs; but they must be as short.
std::string check_direct2(const Example& example) {
  std::string plain = said(example, "plain_ascii");
  if (plain.empty()) plain = std::string(text_of(*from_hex(said(example, "plain_hex"))));
  if (std::to_string(plain.size()) != said(example, "plain_size")) return "plain_size is not that of the plain bytes";
  std::vector<u8> decompressed(plain.size());
  if (!emsmdb::decompress(example.bytes, decompressed)) return "is not decompressed";
  if (text_of(decompressed) != plain) return "decompresses to something else";
  wire::OutBuffer again;
  if (!emsmdb::compress(bytes_of(plain), 65536, again)) return "is not compressed again";
  if (again.size() > example.bytes.size()) return fmt::format("compressed to {} bytes", again.size());
  std::vector<u8> back(plain.size());
  return emsmdb::decompress(again.view(), back) && text_of(back) == plain ? "" : "our own compression is not read";
}

std::string check_extended_buffer(const Example& example) {
  wire::Tree tree;
  std::string wrong = check_both_ways("rpc-ext-buffer", example.bytes, {}, tree);
  if (!wrong.empty()) return wrong;
  Example header = example;
  std::erase_if(header.fields, [](const auto& field) { return field.first == "plain_hex" || field.first[0] == 'A'; });
  wrong = compare_fields(header, tree);
  Arena arena;
  auto payloads = emsmdb::open_extended_buffers(example.bytes, arena);
  if (!payloads || payloads->size() != 1) return "is not opened";
  if (hex_of(payloads->front()) != said(example, "plain_hex")) wrong += "other plain bytes; ";
  auto blocks = wire::decode<emsmdb::AuxBuffer>(payloads->front(), arena);
  if (!blocks) return blocks.error().text();
  for (std::size_t i = 0; i < blocks->blocks.size(); ++i) {
    const emsmdb::AuxBlock& block = blocks->blocks[i];
    std::string words = fmt::format("size {}, version {}, type 0x{:02X}, payload {}", block.payload.size() + 4,
                                    block.version, block.type.value, hex_of(block.payload));
    if (said(example, fmt::format("AUX[{}]", i)) != words) wrong += words + "; ";
  }
  return wrong;
}

// Rows one after the other, whose columns the source tells: a sender's name and a body in a code page.
std::string check_rows(const Example& example) {
  dissect::KindOptions options;
  options.columns = {mapi::PropTag(0x0C1A001E), mapi::PropTag(0x1000001E)};
  const dissect::Kind& kind = *dissect::find_kind("PropertyRow");
  ByteView rest = example.bytes;
  int rows = 0;
  for (; !rest.empty(); ++rows) {
    Arena arena;
    wire::Tree tree = kind.read(kind, rest, arena, options);
    if (tree.error) return tree.error->text();
    auto again = dissect::write_kind(kind, wire::to_json(tree.root), arena, options);
    if (!again || to_hex(*again) != to_hex(rest.first(tree.consumed))) return "a row is not written back";
    const Node* name = cell(tree.root, 0);
    if (name == nullptr || std::string_view(name->value.as_string()).substr(0, 8) != "MT Dummy") return "another name";
    rest = rest.subspan(tree.consumed);
  }
  return rows >= 10 ? "" : fmt::format("{} rows", rows);
}

std::string check_structure(const Example& example, const std::string& kind) {
  wire::Tree tree;
  std::string wrong = check_both_ways(kind, example.bytes, {}, tree);
  return wrong.empty() ? compare_fields(example, tree) : wrong;
}

std::string check(const Example& example) {
  if (!example.rop.empty()) return check_rop(example);
  const std::string& structure = example.structure;
  if (structure == "ROP input buffer") return check_rop_buffer(example);
  if (structure == "IDSET") return check_idset(example);
  if (structure == "rgbAuxIn") return check_extended_buffer(example);
  if (structure == "PropertyRowSet") return check_rows(example);
  if (structure.find("DIRECT2") != std::string::npos) return check_direct2(example);
  if (structure == "ServerObjectHandleTable") return check_structure(example, "ServerObjectHandleTable");
  if (structure.starts_with("FolderEntryID")) return check_structure(example, "FolderEntryID");
  return "structure " + structure + " is not described";
}

TEST(Golden, ExamplesOfTheSpecifications) {
  auto folder = shared_path("golden");
  if (folder.empty()) GTEST_SKIP() << "the shared golden examples are absent; set ROPEWALK_SHARED";
  Exceptions exceptions;
  int checked = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    for (const Example& example : read_examples(entry.path())) {
      exceptions.report(example.id, check(example));
      ++checked;
    }
  }
  EXPECT_GE(checked, 192);
  exceptions.check_needed("mfcmapi/", true);
}

}  // namespace
}  // namespace ropewalk::golden
