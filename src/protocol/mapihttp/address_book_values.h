// Values, rows and restrictions as the address book endpoint writes them: [MS-OXCMAPIHTTP] 2.2.1. In memory they are
// mapi's own; only their bytes differ: texts, binaries and multiple values stand behind a byte that says whether they
// are there, and counts take 32 bits ([MS-OXCDATA] 2.11.1.1).
#pragma once

#include "mapi/restriction.h"
#include "mapi/value.h"
#include "mapi/value_fields.h"
#include "wire/values.h"

namespace ropewalk::mapihttp {

// [MS-OXCMAPIHTTP] 2.2.1.1: no other values.
enum class HasValue : u8 { no = 0x00, yes = 0xFF };
const wire::TypeInfo& wire_type(std::type_identity<HasValue>);

// A Boolean in front of an optional part of a body: there, if it is not 0.
struct Presence {
  u8 value = 0;
  explicit operator bool() const { return value != 0; }
};
inline constexpr Presence kPresent{0xFF};
const wire::TypeInfo& wire_type(std::type_identity<Presence>);

// [MS-OXCMAPIHTTP] 2.2.1.7: whether every cell holds a value, or each begins with a flag.
enum class RowFlags : u8 { values = 0, flagged = 1 };
const wire::TypeInfo& wire_type(std::type_identity<RowFlags>);

// [MS-OXCMAPIHTTP] 2.2.1.8
inline constexpr std::size_t kMaxTags = 100'000;

// What a value with HasValue 0x00 is: empty for whoever does not ask, told from an empty one by is_absent().
mapi::Value absent_value(mapi::PropType type);
bool is_absent(mapi::PropType type, const mapi::Value& value);
// Of multiple values; and of those, or of texts or binaries.
bool is_list(mapi::PropType type);
bool is_marked(mapi::PropType type);

// [MS-OXCMAPIHTTP] 2.2.1.1 AddressBookPropertyValue of a known type: HasValue, and the value under `name`. Needs
// mapi::WideCounts.
void marked_value_fields(const auto& name, mapi::PropType type, auto& m, auto& v) {
  if (!is_marked(type)) return mapi::value_fields(name, type, m, v);
  HasValue has = is_absent(type, m) ? HasValue::no : HasValue::yes;
  v("HasValue", has);
  if (has == HasValue::no) return v.set(m, absent_value(type));
  if (has != HasValue::yes) return v.fail("HasValue is neither 0x00 nor 0xFF");
  const mapi::PropType element = mapi::base_type(type);
  if (!is_list(type) || !is_marked(element)) return mapi::value_fields(name, type, m, v);
  v.group(name, mapi::type_name(type), [&] {
    auto items = m.items;
    v("COUNT", wire::count_of<u32>(items));
    v.set(m.items, items);
    for (std::size_t i = 0; i < items.size() && v.ok(); ++i)
      marked_value_fields(mapi::ElementName{i}, element, items[i], v);
  });
}

// [MS-OXCMAPIHTTP] 2.2.1.2
struct AddressBookTaggedPropertyValue : mapi::Property {
  static constexpr std::string_view kName = "AddressBookTaggedPropertyValue";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.1.2";
  static void describe(auto& m, auto& v) {
    v("PropertyTag", m.tag);
    marked_value_fields("PropertyValue", m.tag.type(), m.value, v);
  }
  static void fields(auto& m, auto& v) {
    v.with(mapi::WideCounts{}, [&] { describe(m, v); });
  }
};

// [MS-OXCMAPIHTTP] 2.2.1.3
struct AddressBookPropertyValueList {
  static constexpr std::string_view kName = "AddressBookPropertyValueList";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.1.3";
  wire::List<AddressBookTaggedPropertyValue> values;
  static void fields(auto& m, auto& v) {
    v("PropertyValueCount", wire::count_of<u32>(m.values));
    v("PropertyValues", m.values);
  }
};

// [MS-OXCMAPIHTTP] 2.2.1.7 AddressBookPropertyRow, with what 2.2.1.4 to 2.2.1.6 say of its cells. Needs
// mapi::RowColumns.
struct AddressBookPropertyRow {
  static constexpr std::string_view kName = "AddressBookPropertyRow";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.1.7";
  RowFlags flags{};
  wire::List<mapi::PropertyCell> cells;

  static AddressBookPropertyRow of(std::span<mapi::PropertyCell> cells) {
    return {static_cast<RowFlags>(mapi::PropertyRow::of(cells).flag), cells};
  }
  static void fields(auto& m, auto& v) {
    auto* columns = wire::context<mapi::RowColumns>(v);
    if (columns == nullptr) return v.fail("the columns of this row are not known");
    v("Flags", m.flags);
    if (m.flags > RowFlags::flagged) return v.fail("Flags is neither 0 nor 1");
    v.resize(m.cells, columns->tags.size());
    v.with(mapi::WideCounts{}, [&] {
      for (std::size_t i = 0; i < m.cells.size() && v.ok(); ++i) cell_fields(columns->tags[i], m.flags, m.cells[i], v);
    });
  }

 private:
  static void cell_fields(mapi::PropTag column, RowFlags flags, auto& cell, auto& v) {
    v.set(cell.column, column);
    v.set(cell.type, column.type());
    if (column.type() == mapi::PropType::unspecified) v("PropertyType", cell.type);
    if (flags == RowFlags::flagged) v("Flag", cell.flag);
    mapi::PropertyFieldName name{column};
    if (cell.flag == mapi::CellFlag::value)
      marked_value_fields(name, cell.type, cell.value, v);
    else if (cell.flag == mapi::CellFlag::error)
      mapi::value_fields(name, mapi::PropType::error_code, cell.value, v);
    else if (cell.flag != mapi::CellFlag::absent)
      v.fail("a cell's flag is neither value, absent nor error");
  }
};

// [MS-OXCMAPIHTTP] 2.2.1.8
struct LargePropertyTagArray {
  static constexpr std::string_view kName = "LargePropertyTagArray";
  static constexpr std::string_view kSource = "[MS-OXCMAPIHTTP] 2.2.1.8";
  wire::List<mapi::PropTag> tags;
  // A view of what the caller keeps alive.
  static LargePropertyTagArray of(std::span<const mapi::PropTag> tags) {
    return {wire::List<mapi::PropTag>::view(tags)};
  }
  static void fields(auto& m, auto& v) {
    v("PropertyTagCount", wire::count_of<u32>(m.tags));
    v.expect(m.tags.size() <= kMaxTags, "more than 100,000 property tags");
    v("PropertyTags", m.tags);
  }
};

namespace detail {

// Reads a restriction's description for the address book: its values are AddressBookTaggedPropertyValues, and its
// counts wide.
template <class V>
class RestrictionReader {
 public:
  explicit RestrictionReader(V& v) : v_(v) {}
  bool ok() const { return v_.ok(); }
  const wire::Context* chain() const { return v_.chain(); }

  template <class T>
  void operator()(const auto& name, T&& x) {
    using F = std::remove_cvref_t<T>;
    if constexpr (std::is_same_v<F, wire::List<mapi::Restriction>> ||
                  std::is_same_v<F, wire::List<mapi::TaggedPropertyValue>>) {
      v_.each(name, element<F>(), x, [this](const auto& at, auto& item) { this->one_of(at, item); });
    } else {
      v_(name, x);
    }
  }
  void one(const auto& name, auto& list) {
    v_.resize(list, 1);
    if (list.size() != 1) return v_.fail("a restriction without its part");
    one_of(name, list[0]);
  }
  void nest(auto&& content) { v_.nest(content); }
  void fail(std::string_view why) { v_.fail(why); }

 private:
  template <class F>
  static constexpr std::string_view element() {
    return std::is_same_v<F, wire::List<mapi::Restriction>> ? mapi::Restriction::kName
                                                            : AddressBookTaggedPropertyValue::kName;
  }
  void one_of(const auto& name, auto& item) {
    if constexpr (std::is_same_v<std::remove_cvref_t<decltype(item)>, mapi::Restriction>)
      v_.group(name, mapi::Restriction::kName, [&] { mapi::Restriction::fields(item, *this); });
    else
      v_.group(name, AddressBookTaggedPropertyValue::kName,
               [&] { AddressBookTaggedPropertyValue::describe(item, v_); });
  }

  V& v_;
};

}  // namespace detail

// [MS-OXCDATA] 2.12 as it stands in an address book's request.
struct AddressBookRestriction {
  static constexpr std::string_view kName = "AddressBookRestriction";
  static constexpr std::string_view kSource = "[MS-OXCDATA] 2.12";
  mapi::Restriction restriction;
  static void fields(auto& m, auto& v) {
    v.with(mapi::WideCounts{}, [&] {
      detail::RestrictionReader reader(v);
      mapi::Restriction::fields(m.restriction, reader);
    });
  }
};

// A part of a body that a Boolean announces.
template <class T>
struct Optional {
  Presence has;
  T value{};
  Optional& operator=(const T& given) {
    has = kPresent;
    value = given;
    return *this;
  }
  explicit operator bool() const { return static_cast<bool>(has); }
  // The Boolean, and if it is true the fields that `content` describes.
  static void fields(std::string_view has_name, auto& m, auto& v, auto&& content) {
    v(has_name, m.has);
    if (m.has) content(m.value);
  }
};

// The same for a part that is one field.
void optional_field(std::string_view has_name, std::string_view name, auto& m, auto& v) {
  v(has_name, m.has);
  if (m.has) v(name, m.value);
}

}  // namespace ropewalk::mapihttp
