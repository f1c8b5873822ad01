#include "wireshark/fields.h"

#include <deque>
#include <string>
#include <unordered_map>
#include <vector>

#include "dissect/catalogue.h"
#include "mapi/prop_tag.h"
#include "mapi/property_names.h"

namespace ropewalk::shark {

OwnFields own;
OwnExperts expert;
Protocols protocols;

namespace {

constexpr std::size_t kShapes = static_cast<std::size_t>(Shape::none) + 1;
constexpr std::size_t kSubtrees = 64;

// One display-filter name, and a field for each shape of value that it may have; -1 where there is none.
struct Slot {
  std::array<int, kShapes> ids;
  Slot() { ids.fill(-1); }
  int& operator[](Shape shape) { return ids[static_cast<std::size_t>(shape)]; }
};

struct Registry {
  std::unordered_map<std::string, Slot> fields;  // by "mapi.OpenFolder.FolderId"
  std::unordered_map<std::string, int> structures;
  std::unordered_map<std::string, Slot> properties;  // by "PidTagSubject"
  Slot any;
  std::unordered_map<std::string, std::string> prefixes;  // "mapi.OpenFolder", by "RopOpenFolderRequest"
  std::array<int, kSubtrees> subtrees{};
  std::deque<std::string> texts;  // what Wireshark points to
  std::deque<hf_register_info> infos;
};

Registry& registry() {
  static Registry made;
  return made;
}

const char* keep(std::string text) { return registry().texts.emplace_back(std::move(text)).c_str(); }

struct Form {
  ftenum type;
  int display;
};

Form form_of(Shape shape, bool is_hexadecimal, int width = 4) {
  int base = is_hexadecimal ? BASE_HEX : BASE_DEC;
  switch (shape) {
    case Shape::unsigned32:
      return {width == 1 ? FT_UINT8 : width == 2 ? FT_UINT16 : FT_UINT32, base};
    case Shape::unsigned64:
      return {FT_UINT64, BASE_HEX};
    case Shape::signed32:
      return {FT_INT32, BASE_DEC};
    case Shape::signed64:
      return {FT_INT64, BASE_DEC};
    case Shape::real:
      return {FT_DOUBLE, BASE_NONE};
    case Shape::time:
      return {FT_ABSOLUTE_TIME, ABSOLUTE_TIME_UTC};
    case Shape::bytes:
      return {FT_BYTES, BASE_NONE};
    case Shape::guid:
      return {FT_GUID, BASE_NONE};
    case Shape::text:
      return {FT_STRING, BASE_NONE};
    case Shape::none:
      break;
  }
  return {FT_NONE, BASE_NONE};
}

void add(int& id, const char* name, const char* filter, Form form, const char* meaning) {
  id = -1;
  registry().infos.push_back({&id, {name, filter, form.type, form.display, nullptr, 0, meaning, HFILL}});
}

// A field of the catalogue: what it is looked up by, its display-filter name, its values.
struct CatalogueField {
  const char* lookup;
  const char* filter;
  Shape shape;
  bool is_hexadecimal;
  int width;  // bytes, of numbers
  const char* meaning;
};
constexpr CatalogueField kCatalogue[] = {
#define ROPEWALK_FIELD(lookup, filter, shape, hexadecimal, width, meaning) \
  {lookup, filter, Shape::shape, hexadecimal, width, meaning},
#define ROPEWALK_STRUCTURE(filter)
#include "wireshark_fields.inc"
#undef ROPEWALK_FIELD
#undef ROPEWALK_STRUCTURE
};
constexpr const char* kStructures[] = {
#define ROPEWALK_FIELD(...)
#define ROPEWALK_STRUCTURE(filter) filter,
#include "wireshark_fields.inc"
#undef ROPEWALK_FIELD
#undef ROPEWALK_STRUCTURE
};

void add_catalogue() {
  registry().fields.reserve(std::size(kCatalogue));
  for (const CatalogueField& field : kCatalogue) {
    std::string_view lookup = field.lookup;
    add(registry().fields[std::string(lookup)][field.shape], field.lookup + lookup.rfind('.') + 1, field.filter,
        form_of(field.shape, field.is_hexadecimal, field.width), field.meaning);
  }
  for (const char* structure : kStructures)
    add(registry().structures.try_emplace(structure, -1).first->second, structure + sizeof "mapi", structure,
        form_of(Shape::none, false), nullptr);
}

Shape shape_of(mapi::PropType type) {
  switch (type) {
    case mapi::PropType::integer16:
    case mapi::PropType::integer32:
      return Shape::signed32;
    case mapi::PropType::boolean:
    case mapi::PropType::error_code:
      return Shape::unsigned32;
    case mapi::PropType::integer64:
    case mapi::PropType::currency:
      return Shape::unsigned64;
    case mapi::PropType::floating32:
    case mapi::PropType::floating64:
    case mapi::PropType::floating_time:
      return Shape::real;
    case mapi::PropType::time:
      return Shape::time;
    case mapi::PropType::string:
    case mapi::PropType::string8:
      return Shape::text;
    case mapi::PropType::guid:
      return Shape::guid;
    case mapi::PropType::binary:
    case mapi::PropType::server_id:
      return Shape::bytes;
    default:
      return Shape::none;
  }
}

void add_properties() {
  for (const mapi::PropertyInfo& property : mapi::property_catalogue()) {
    if (property.kind != mapi::PropertyKind::tag) continue;
    auto type = static_cast<mapi::PropType>(property.type & 0x0FFF);
    Shape shape = shape_of(type);
    if (shape == Shape::none) continue;
    auto [slot, is_new] = registry().properties.try_emplace(std::string(property.name));
    if (!is_new) continue;
    add(slot->second[shape], keep(std::string(property.name)), keep("mapi." + std::string(property.name)),
        form_of(shape, false), keep(std::string(property.other_name)));
  }
}

void add_any() {
  Slot& any = registry().any;
  constexpr std::pair<Shape, const char*> kAny[] = {
      {Shape::unsigned64, "mapi.value.number"}, {Shape::signed64, "mapi.value.signed"},
      {Shape::real, "mapi.value.real"},         {Shape::time, "mapi.value.time"},
      {Shape::bytes, "mapi.value.bytes"},       {Shape::guid, "mapi.value.guid"},
      {Shape::text, "mapi.value.text"}};
  for (auto [shape, filter] : kAny)
    add(any[shape], "Value", filter, form_of(shape, shape == Shape::unsigned64),
        "A value that has no field of its own");
}

void add_own() {
  auto text = [](int& id, const char* name, const char* filter, const char* meaning) {
    add(id, name, filter, {FT_STRING, BASE_NONE}, meaning);
  };
  text(own.operation, "Operation", "mapi.operation", "The method or request type: EcDoRpcExt2, Execute");
  text(own.interface_name, "Interface", "mapi.interface", "EMSMDB, AsyncEMSMDB, MAPIHTTP");
  text(own.rop, "ROP", "mapi.rop", "A ROP in the message: RopOpenFolder");
  text(own.object, "Object", "mapi.object", "What a ROP acts on, where an earlier one told");
  add(own.error, "Error", "mapi.error", {FT_UINT32, BASE_HEX}, "What a ROP or a method returned, where it failed");
  text(own.error_name, "Error name", "mapi.error.name", "ecNotFound");
  add(own.session, "Session", "mapi.session", {FT_UINT32, BASE_DEC}, "Number of the session in this capture");
  text(own.session_id, "Session id", "mapi.session.id", "The context handle or cookie that stands for the session");
  add(own.request_in, "Request in", "mapi.response_to", {FT_FRAMENUM, BASE_NONE},
      "The request that this answers is in this frame");
  add(own.response_in, "Response in", "mapi.response_in", {FT_FRAMENUM, BASE_NONE},
      "The response to this is in this frame");
  add(own.time, "Time", "mapi.time", {FT_RELATIVE_TIME, BASE_NONE}, "Between request and response");
  text(own.header, "Header", "mapi.http.header", "A header field of the HTTP message");
  text(own.line, "Line", "mapi.http.line", "The start line of the HTTP message");
  text(own.tags, "Meta-tag", "mapi.http.meta_tag", "PROCESSING, PENDING or DONE");
}

void register_experts() {
  static ei_register_info infos[] = {
      {&expert.malformed, {"mapi.expert.malformed", PI_MALFORMED, PI_ERROR, "Malformed", EXPFILL}},
      {&expert.failed, {"mapi.expert.failed", PI_RESPONSE_CODE, PI_WARN, "The operation failed", EXPFILL}},
      {&expert.undecoded, {"mapi.expert.undecoded", PI_UNDECODED, PI_NOTE, "Bytes without a description", EXPFILL}},
      {&expert.truncated, {"mapi.expert.truncated", PI_UNDECODED, PI_NOTE, "Not all of it was captured", EXPFILL}},
      {&expert.unmatched,
       {"mapi.expert.unmatched", PI_SEQUENCE, PI_CHAT, "Its request is not in the capture", EXPFILL}},
  };
  expert_register_field_array(expert_register_protocol(protocols.mapi), infos, array_length(infos));
}

// What a node's value is.
Shape shape_of(const wire::Node& node) {
  if (node.type == "bytes") return Shape::bytes;
  if (node.type == "GUID") return Shape::guid;
  if (node.type == "String8" || node.type == "String16") return Shape::text;
  if (node.type == "FILETIME") return Shape::time;
  if (node.value.is_uint64()) return Shape::unsigned32;
  if (node.value.is_int64()) return Shape::signed32;
  if (node.value.is_double() || node.type.starts_with("float")) return Shape::real;
  if (node.value.is_string()) {
    std::string_view text(node.value.get_string().data(), node.value.get_string().size());
    return text.size() == 18 && text.starts_with("0x") ? Shape::unsigned64 : Shape::text;
  }
  return node.value.is_object() ? Shape::text : Shape::none;
}

// Does a number fit into a field of that shape?
bool fits(const boost::json::value& value, Shape shape) {
  bool is_signed = shape == Shape::signed32 || shape == Shape::signed64;
  if (value.is_int64()) return is_signed || value.get_int64() >= 0;
  if (value.is_uint64()) return shape != Shape::signed32 || value.get_uint64() <= 0x7FFFFFFF;
  return shape == Shape::unsigned64 || shape == Shape::signed64;  // 64 bits, as text
}

// The field among the slot's that takes the node's value.
Field pick(Slot& slot, Shape shape, const wire::Node& node) {
  constexpr std::array kNumbers = {Shape::unsigned32, Shape::unsigned64, Shape::signed32, Shape::signed64};
  if (slot[shape] >= 0) return {slot[shape], shape};
  if (shape != Shape::unsigned32 && shape != Shape::unsigned64 && shape != Shape::signed32) return {};
  for (Shape other : kNumbers)
    if (slot[other] >= 0 && fits(node.value, other)) return {slot[other], other};
  return {};
}

}  // namespace

Field field_of(std::string_view structure, std::string_view name, const wire::Node& node) {
  Registry& all = registry();
  auto [prefix, is_new] = all.prefixes.try_emplace(std::string(structure));
  if (is_new) prefix->second = "mapi." + dissect::filter_name(structure) + ".";
  Shape shape = shape_of(node);
  auto found = all.fields.find(prefix->second + dissect::plain_name(name));
  if (found != all.fields.end())
    if (Field field = pick(found->second, shape, node); field.id >= 0) return field;
  return pick(all.any, shape, node);
}

Field property_field(std::string_view name, const wire::Node& node) {
  if (!name.starts_with("PidTag")) return {};
  auto found = registry().properties.find(std::string(name));
  if (found == registry().properties.end()) return {};
  return pick(found->second, node.has_fields ? Shape::bytes : shape_of(node), node);
}

int structure_field(std::string_view structure) {
  auto found = registry().structures.find("mapi." + dissect::filter_name(structure));
  return found == registry().structures.end() ? -1 : found->second;
}

int subtree(std::string_view name) { return registry().subtrees[std::hash<std::string_view>()(name) % kSubtrees]; }

bool register_fields() {
  protocols.mapi = proto_get_id_by_filter_name("mapi");
  if (protocols.mapi < 0) return false;
  add_catalogue();
  add_properties();
  add_any();
  add_own();
  static std::vector<hf_register_info> infos(registry().infos.begin(), registry().infos.end());
  proto_register_field_array(protocols.mapi, infos.data(), static_cast<int>(infos.size()));
  static std::array<int*, kSubtrees> subtrees;
  for (std::size_t i = 0; i < kSubtrees; ++i) {
    registry().subtrees[i] = -1;
    subtrees[i] = &registry().subtrees[i];
  }
  proto_register_subtree_array(subtrees.data(), kSubtrees);
  register_experts();
  return true;
}

}  // namespace ropewalk::shark
