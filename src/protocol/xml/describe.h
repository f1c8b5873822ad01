// What reads and writes the description of an XML element: the counterpart of wire/decoder.h and wire/encoder.h.
//
// An element is a structure with
//
//     static constexpr std::string_view kName = "User";
//     static void fields(auto& m, auto& x) {
//       x.attribute("Id", m.id);                 // "Id" of the element itself
//       x("DisplayName", m.display_name);        // a child that holds text
//       x("MailStore", m.mail_store);            // an element, std::optional: where there is one
//       x.each("Protocol", m.protocols);         // any number of them
//     }
//
// Text is std::string (empty: the element is left out) or std::optional<std::string>.
#pragma once

#include <optional>

#include "protocol/xml/element.h"

namespace ropewalk::xml {

/// Unknown elements are passed over: others say more than is described.
class Reader {
 public:
  explicit Reader(const Element& element) : element_(element) {}

  void attribute(std::string_view name, std::string& text) { text = element_.attribute(name); }
  void text(std::string& value) { value = element_.text; }
  void operator()(std::string_view name, std::string& text) {
    if (const Element* child = element_.find(name)) text = child->text;
  }
  void operator()(std::string_view name, std::optional<std::string>& text) {
    if (const Element* child = element_.find(name)) text = child->text;
  }
  template <class T>
  void operator()(std::string_view name, std::optional<T>& part) {
    if (const Element* child = element_.find(name)) read(*child, part.emplace());
  }
  template <class T>
  void each(std::string_view name, std::vector<T>& parts) {
    for (const Element& child : element_.children)
      if (child.name == name) read(child, parts.emplace_back());
  }
  void each(std::string_view name, std::vector<std::string>& texts) {
    for (const Element& child : element_.children)
      if (child.name == name) texts.push_back(child.text);
  }

  template <class T>
  static void read(const Element& element, T& part) {
    Reader reader(element);
    T::fields(part, reader);
  }

 private:
  const Element& element_;
};

class Writer {
 public:
  explicit Writer(Element& element) : element_(element) {}

  void attribute(std::string_view name, const std::string& text) {
    if (!text.empty()) element_.attributes.emplace_back(name, text);
  }
  void text(const std::string& value) { element_.text = value; }
  void operator()(std::string_view name, const std::string& text) {
    if (!text.empty()) element_.children.push_back({std::string(name), {}, text});
  }
  void operator()(std::string_view name, const std::optional<std::string>& text) {
    if (text) element_.children.push_back({std::string(name), {}, *text});
  }
  template <class T>
  void operator()(std::string_view name, const std::optional<T>& part) {
    if (part) add(name, *part);
  }
  template <class T>
  void each(std::string_view name, const std::vector<T>& parts) {
    for (const T& part : parts) add(name, part);
  }
  void each(std::string_view name, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) element_.children.push_back({std::string(name), {}, text});
  }

 private:
  template <class T>
  void add(std::string_view name, const T& part) {
    Element child{std::string(name)};
    Writer writer(child);
    T::fields(part, writer);
    element_.children.push_back(std::move(child));
  }

  Element& element_;
};

/// The document whose root is a T; an error says what is wrong with it.
template <class T>
Result<T> read_document(std::string_view document, const Bounds& bounds = {}) {
  ROPEWALK_TRY(Element root, parse(document, bounds));
  if (root.name != T::kName)
    return Error{"the document's element is <" + root.name.substr(0, 60) + ">, not <" + std::string(T::kName) + ">"};
  T read;
  Reader::read(root, read);
  return read;
}

template <class T>
std::string write_document(const T& what) {
  Element root{std::string(T::kName)};
  Writer writer(root);
  T::fields(what, writer);
  return to_text(root);
}

}  // namespace ropewalk::xml
