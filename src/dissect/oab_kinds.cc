#include "dissect/oab_kinds.h"

#include <boost/json/object.hpp>

#include "dissect/struct_kinds.h"
#include "dissect/tree_parts.h"
#include "protocol/oab/manifest.h"
#include "protocol/oab/structures.h"

namespace ropewalk::dissect {
namespace {

namespace json = boost::json;
using wire::Node;
using wire::struct_info;

constexpr std::string_view kManifest = "oab-manifest", kAttribute = "attribute", kText = "text", kElement = "element";
constexpr std::string_view kManifestSource = "[MS-OXWOAB] 2.2";

// ---- the manifest: what its description says, as a tree ----

void add_element(const xml::Element& element, Node& node) {
  node.has_fields = true;
  for (const auto& [name, value] : element.attributes) {
    Node& attribute = add_node(node, name, kAttribute, 0, 0);
    attribute.value = text_value(value);
  }
  if (!element.text.empty()) add_node(node, "file", kText, 0, 0).value = text_value(element.text);
  for (const xml::Element& child : element.children) add_element(child, add_node(node, child.name, kElement, 0, 0));
}

wire::Tree read_manifest(const Kind&, ByteView bytes, Arena&, const KindOptions&) {
  wire::Tree tree;
  tree.root.name = oab::Manifest::kName;
  tree.root.type = kManifest;
  tree.root.length = tree.consumed = bytes.size();
  tree.root.has_fields = true;
  auto manifest = xml::read_document<oab::Manifest>(text_of(bytes));
  if (!manifest.ok()) {
    tree.error = wire::WireError{wire::ErrorKind::malformed, 0, 0, bytes.size(), std::string(oab::Manifest::kName),
                                 manifest.error().text};
    return tree;
  }
  for (oab::ManifestList& list : manifest->lists) {
    auto trim = [](oab::ManifestFile& file) { file.name = std::string(file.file_name()); };
    if (list.full) trim(*list.full);
    for (auto* files : {&list.templates, &list.differences})
      for (oab::ManifestFile& file : *files) trim(file);
  }
  xml::Element root;
  xml::Writer writer(root);
  oab::Manifest::fields(*manifest, writer);
  add_element(root, tree.root);
  return tree;
}

std::string_view text_in(const json::object& node, std::string_view key) {
  const json::value* value = node.if_contains(key);
  return value != nullptr && value->is_string() ? std::string_view(value->as_string()) : std::string_view();
}

void take_element(const json::value& value, xml::Element& element, int depth) {
  const json::object* node = value.if_object();
  const json::value* fields = node == nullptr ? nullptr : node->if_contains("fields");
  if (fields == nullptr || !fields->is_array() || depth > 8) return;
  for (const json::value& one : fields->as_array()) {
    const json::object* field = one.if_object();
    if (field == nullptr) continue;
    const std::string_view type = text_in(*field, "type");
    if (type == kAttribute) element.attributes.emplace_back(text_in(*field, "name"), text_in(*field, "value"));
    if (type == kText) element.text = text_in(*field, "value");
    if (type != kElement) continue;
    xml::Element child;
    child.name = text_in(*field, "name");
    take_element(one, child, depth + 1);
    element.children.push_back(std::move(child));
  }
}

Result<std::vector<u8>> write_manifest(const Kind&, const json::value& node, Arena&, const KindOptions&) {
  xml::Element root;
  take_element(node, root, 0);
  oab::Manifest manifest;
  xml::Reader::read(root, manifest);
  const std::string text = xml::write_document(manifest);
  return std::vector<u8>(text.begin(), text.end());
}

// ---- whichever it is ----

struct File {
  std::string_view name;
  const wire::StructInfo* info;
};
constexpr File kFiles[] = {{"oab-details", &struct_info<oab::DetailsFile>},
                           {"oab-compressed", &struct_info<oab::CompressedFile>},
                           {"oab-patch", &struct_info<oab::PatchFile>}};

// By the version that it begins with. [MS-OXOAB] 2.9.1, 2.10.1, 2.11.1
const wire::StructInfo& info_of(ByteView bytes) {
  const u32 first = bytes.size() < 4 ? 0 : load_le<u32>(bytes.data());
  const u32 second = bytes.size() < 8 ? 0 : load_le<u32>(bytes.data() + 4);
  if (first == 3 && second == 1) return struct_info<oab::CompressedFile>;
  return first == 3 && second == 2 ? struct_info<oab::PatchFile> : struct_info<oab::DetailsFile>;
}

bool is_text(ByteView bytes) {
  return !bytes.empty() && (bytes[0] == '<' || bytes[0] == 0xEF || bytes[0] == 0xFE || bytes[0] == 0xFF);
}

wire::Tree read_any(const Kind& kind, ByteView bytes, Arena& arena, const KindOptions& options) {
  return is_text(bytes) ? read_manifest(kind, bytes, arena, options)
                        : read_struct(struct_kind(kind.name, info_of(bytes)), bytes, arena, options);
}

Result<std::vector<u8>> write_any(const Kind& kind, const json::value& node, Arena& arena, const KindOptions& options) {
  const json::object* object = node.if_object();
  const std::string_view type = object == nullptr ? std::string_view() : text_in(*object, "type");
  if (type == kManifest) return write_manifest(kind, node, arena, options);
  for (const File& file : kFiles)
    if (type == file.info->name) return write_struct(struct_kind(kind.name, *file.info), node, arena, options);
  return Error{"type: none of an offline address book's files"};
}

}  // namespace

void add_oab_kinds(std::vector<Kind>& kinds) {
  kinds.push_back({"oab", "[MS-OXOAB] 2", nullptr, read_any, write_any});
  for (const File& file : kFiles) kinds.push_back(struct_kind(file.name, *file.info));
  kinds.push_back({kManifest, kManifestSource, nullptr, read_manifest, write_manifest});
}

}  // namespace ropewalk::dissect
