// Display templates: what a client shows of an address book object, and how it asks for an address. [MS-OXOABKT]
#pragma once

#include "mapi/prop_tag.h"
#include "wire/values.h"

namespace ropewalk::nspi {

// What a control is, in 32 bits.
enum class ControlType : u32 {
  label = 0x0,
  edit = 0x1,
  list_box = 0x2,
  check_box = 0x5,
  group_box = 0x6,
  button = 0x7,
  page = 0x8,
  multi_valued_list_box = 0xB,
};
const wire::TypeInfo& wire_type(std::type_identity<ControlType>);

// One control of a dialog; positions and sizes in dialog units.
struct TemplateRow {
  static constexpr std::string_view kName = "TRow";
  static constexpr std::string_view kSource = "[MS-OXOABKT] 2.2.2.1";
  // Of an edit control: several lines, may be changed, must be filled in.
  static constexpr u32 kMultiLine = 1, kEditable = 2, kRequired = 4;
  u32 x{}, width{}, y{}, height{};
  ControlType type{};
  u32 flags{};
  mapi::PropTag property{};  // dwType: what it shows
  u32 size{};                // ulSize: the most characters of an edit control
  u32 text{};                // ulString: where its text stands, from the template's beginning; NUL-terminated
  static void fields(auto& m, auto& v) {
    v("XPos", m.x);
    v("DeltaX", m.width);
    v("YPos", m.y);
    v("DeltaY", m.height);
    v("ControlType", m.type);
    v("ControlFlags", m.flags);
    v("dwType", m.property);
    v("ulSize", m.size);
    v("ulString", m.text);
  }
};

// PidTagTemplateData: the controls, then their texts in the code page that was asked for.
struct TemplateData {
  static constexpr std::string_view kName = "TRowSet";
  static constexpr std::string_view kSource = "[MS-OXOABKT] 2.2.2.1";
  static constexpr u32 kHeaderSize = 8, kRowSize = 36;
  u32 type = 1;
  wire::List<TemplateRow> rows;
  ByteView texts;
  static void fields(auto& m, auto& v) {
    v("ulType", m.type);
    v("cRows", wire::count_of<u32>(m.rows));
    v("Rows", m.rows);
    v.rest("Strings", m.texts);
  }
};

// PidTagScriptData: how a client makes an address of what was filled in. The instructions are executed one by one and
// append to an empty text, which is the address where they end with kHalt. Data that they refer to stands behind them.
struct ScriptData {
  static constexpr std::string_view kName = "ScriptData";
  static constexpr std::string_view kSource = "[MS-OXOABKT] 2.2.2.2";
  static constexpr u32 kHalt = 0x00000000, kError = 0x00000001;  // the end: of success, of bad input
  static constexpr u32 kEmitProperty = 0x00000002;               // appends the text of the property tag that follows
  wire::List<u32> instructions;
  ByteView data;
  static void fields(auto& m, auto& v) {
    v("Size", wire::count_of<u32>(m.instructions));
    v("Instructions", m.instructions);
    v.rest("Data", m.data);
  }
};

}  // namespace ropewalk::nspi
