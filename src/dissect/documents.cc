#include "dissect/documents.h"

#include <fmt/format.h>

#include <charconv>
#include <set>

#include "protocol/autodiscover/messages.h"
#include "protocol/oab/manifest.h"

namespace ropewalk::dissect {

using wire::Node;

namespace {

constexpr xml::Bounds kBounds{1 << 20, 32, 20'000};
constexpr std::string_view kText = "text", kAttribute = "attribute", kMarkup = "markup", kJson = "AutodiscoverJson";

std::string_view trimmed(std::string_view text) {
  const auto end = text.find_last_not_of(" \t\r\n");
  return end == text.npos ? std::string_view() : text.substr(0, end + 1);
}

// ---- trees ----

class XmlTree {
 public:
  explicit XmlTree(std::string_view document) : document_(document) {}

  bool is_good() const { return good_; }

  // The element that begins at its offset and, with what follows it, goes up to `end`.
  void element(const xml::Element& element, std::size_t end, Node& parent) {
    const std::size_t begin = element.offset;
    good_ = good_ && begin < end && end <= document_.size() && document_[begin] == '<';
    if (!good_) return;
    const bool is_leaf = element.children.empty() && element.attributes.empty();
    Node& node = add_node(parent, element.name, is_leaf ? kText : element.name, begin, end - begin);
    if (is_leaf) {
      node.value = text_value(element.text);
      return;
    }
    for (const auto& [name, value] : element.attributes)
      add_node(node, name, kAttribute, begin, 0).value = text_value(value);
    if (element.children.empty()) {
      add_node(node, "Text", kText, begin, end - begin).value = text_value(element.text);
      return;
    }
    const std::size_t inside = element.children.front().offset;
    markup("StartTag", begin, inside, node);
    for (std::size_t i = 0; i < element.children.size(); ++i)
      this->element(element.children[i], i + 1 < element.children.size() ? element.children[i + 1].offset : end, node);
  }
  void markup(std::string_view name, std::size_t begin, std::size_t end, Node& parent) {
    good_ = good_ && begin <= end && end <= document_.size();
    if (good_ && begin != end)
      add_node(parent, name, kMarkup, begin, end - begin).value =
          text_value(trimmed(document_.substr(begin, end - begin)));
  }

 private:
  std::string_view document_;
  bool good_ = true;  // offsets are those of this document: it is not UTF-16
};

// ---- the fields that descriptions have ----

class FieldLister {
 public:
  FieldLister(std::string_view structure, std::set<wire::FieldInfo>& fields) : structure_(structure), fields_(fields) {}

  void attribute(std::string_view name, const std::string&) { add(name, kAttribute); }
  void text(const std::string&) { add("Text", kText); }
  void operator()(std::string_view name, const std::string&) { add(name, kText); }
  void operator()(std::string_view name, const std::optional<std::string>&) { add(name, kText); }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>&) {
    list<T>(name);
  }
  template <class T>
  void each(std::string_view name, const std::vector<T>&) {
    list<T>(name);
  }
  void each(std::string_view name, const std::vector<std::string>&) { add(name, kText); }

  template <class T>
  void list(std::string_view name) {
    FieldLister inner(name, fields_);
    T part;
    T::fields(part, inner);
  }

 private:
  void add(std::string_view name, std::string_view type) {
    fields_.insert({std::string(structure_), std::string(name), std::string(type), wire::FieldForm::text, nullptr});
  }

  std::string_view structure_;
  std::set<wire::FieldInfo>& fields_;
};

// ---- words ----

AutodiscoverWords words_of_failure(u32 code) {
  return {{},
          fmt::format("ErrorCode {}: {}", code, meaning(static_cast<autodiscover::ErrorCode>(code))),
          code == 0 ? 1 : code};
}

AutodiscoverWords words_of(const autodiscover::ResponsePart& response) {
  if (response.failure) {
    u32 code = 0;
    const std::string& text = response.failure->code;
    std::from_chars(text.data(), text.data() + text.size(), code);
    return words_of_failure(code);
  }
  if (!response.account) return {};
  const autodiscover::Account& account = *response.account;
  if (!account.redirect_address.empty()) return {fmt::format("redirects to \"{}\"", account.redirect_address), {}, 0};
  if (!account.redirect_url.empty()) return {fmt::format("redirects to \"{}\"", account.redirect_url), {}, 0};
  AutodiscoverWords words;
  for (const autodiscover::Protocol& protocol : account.protocols)
    words.detail += fmt::format("{}{}", words.detail.empty() ? "" : ", ",
                                protocol.type_attribute.empty() ? protocol.type : protocol.type_attribute);
  return words;
}

}  // namespace

std::optional<Part> read_xml(ByteView bytes) {
  std::string_view document = text_of(bytes);
  auto root = xml::parse(document, kBounds);
  if (!root.ok()) return std::nullopt;
  Part part;
  part.consumed = document.size();
  part.node.name = part.node.type = "XML";
  part.node.has_fields = true;
  part.node.length = document.size();
  XmlTree tree(document);
  tree.markup("Declaration", 0, root->offset, part.node);
  tree.element(*root, document.size(), part.node);
  if (!tree.is_good()) return std::nullopt;
  return part;
}

std::optional<Part> read_autodiscover_json(ByteView bytes) {
  auto answer = autodiscover::JsonAnswer::parse(text_of(bytes));
  if (!answer.ok()) return std::nullopt;
  Part part;
  part.consumed = bytes.size();
  part.node.name = part.node.type = kJson;
  part.node.has_fields = true;
  part.node.length = bytes.size();
  auto add = [&](std::string_view name, const std::string& value) {
    if (!value.empty()) add_node(part.node, name, kText, 0, 0).value = text_value(value);
  };
  add("Protocol", answer->protocol);
  add("Url", answer->url);
  add("ErrorCode", answer->error_code);
  add("ErrorMessage", answer->message);
  add_node(part.node, "Text", kText, 0, bytes.size()).value = text_value(text_of(bytes));
  return part;
}

std::vector<wire::FieldInfo> document_fields() {
  std::set<wire::FieldInfo> fields;
  FieldLister any("", fields);
  any.list<autodiscover::Request>(autodiscover::Request::kName);
  any.list<autodiscover::Response>(autodiscover::Response::kName);
  any.list<oab::Manifest>(oab::Manifest::kName);
  for (const char* name : {"Protocol", "Url", "ErrorCode", "ErrorMessage"})
    fields.insert({std::string(kJson), name, std::string(kText), wire::FieldForm::text, nullptr});
  return {fields.begin(), fields.end()};
}

AutodiscoverWords autodiscover_words(ByteView bytes, bool is_response) {
  std::string_view document = text_of(bytes);
  if (!is_response) {
    auto request = xml::read_document<autodiscover::Request>(document, kBounds);
    if (!request.ok() || !request->request) return {};
    const auto& asked =
        request->request->email_address.empty() ? request->request->legacy_dn : request->request->email_address;
    return {asked.empty() ? std::string() : fmt::format("for \"{}\"", asked), {}, 0};
  }
  if (auto json = autodiscover::JsonAnswer::parse(document); json.ok()) {
    if (json->error_code.empty()) return {fmt::format("{} at \"{}\"", json->protocol, json->url), {}, 0};
    return {json->error_code, {}, 0};
  }
  auto response = xml::read_document<autodiscover::Response>(document, kBounds);
  return response.ok() && response->response ? words_of(*response->response) : AutodiscoverWords{};
}

}  // namespace ropewalk::dissect
