// The layout requirements of [MS-OXCROPS], [MS-OXCMAPIHTTP] and of [MS-OXCRPC]'s auxiliary blocks, as
// tests/requirements/*.tsv list them (made by tools/make_requirements.py, which tells what each check means), held
// against random instances of the descriptions.
#include <gtest/gtest.h>

#include <fstream>
#include <list>
#include <map>
#include <set>
#include <sstream>

#include "base/hex.h"
#include "protocol/emsmdb/aux_block.h"
#include "protocol/mapihttp/request_types.h"
#include "protocol/rop/any_rop.h"
#include "wire/generate.h"
#include "wire/tree.h"

namespace ropewalk {
namespace {

using wire::Node;
using wire::Pin;
using wire::StructInfo;

struct Check {
  std::string requirement, verb, field, argument;
};
struct Form {
  std::string structure, name;
  std::vector<Check> checks;
};

std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> parts;
  std::istringstream in(line);
  for (std::string part; std::getline(in, part, separator);) parts.push_back(part);
  return parts;
}

std::vector<Form> read_forms(const std::string& document) {
  std::vector<Form> forms;
  std::ifstream in(ROPEWALK_SOURCE_DIR "/tests/requirements/" + document + ".tsv");
  for (std::string line; std::getline(in, line);) {
    std::vector<std::string> cells = split(line, '\t');
    cells.resize(6);
    auto form = std::find_if(forms.begin(), forms.end(),
                             [&](const Form& f) { return f.structure == cells[1] && f.name == cells[2]; });
    if (form == forms.end()) form = forms.insert(forms.end(), Form{cells[1], cells[2], {}});
    form->checks.push_back({cells[0], cells[3], cells[4], cells[5]});
  }
  return forms;
}

u64 number(const Node& node) {
  if (node.value.is_string()) return std::stoull(std::string(node.value.as_string()), nullptr, 16);
  if (node.value.is_int64()) return static_cast<u64>(node.value.as_int64());
  return node.value.is_uint64() ? node.value.as_uint64() : 0;
}

// A condition: `F` (which is F!=0), `F=V` or `F!=V`.
struct Condition {
  std::string field;
  u64 value = 0;
  bool equal = false;

  bool holds(u64 seen) const { return (seen == value) == equal; }
};
std::vector<Condition> conditions_of(const Check& check) {
  std::vector<Condition> conditions;
  for (const std::string& text : split(check.argument, ',')) {
    std::size_t equals = text.find('=');
    if (equals == std::string::npos) {
      conditions.push_back({text, 0, false});
      continue;
    }
    bool equal = text[equals - 1] != '!';
    conditions.push_back(
        {text.substr(0, equal ? equals : equals - 1), std::stoull(text.substr(equals + 1), nullptr, 16), equal});
  }
  return conditions;
}

// What each form of a response is told by.
std::vector<std::vector<Pin>> form_pins(const Form& form) {
  if (form.name == "success") return {{{"ReturnValue", 0}, {"StatusCode", 0}}};
  if (form.name == "success-private") return {{{"ReturnValue", 0}, {"LogonFlags", 0x01}}};
  if (form.name == "success-public") return {{{"ReturnValue", 0}, {"LogonFlags", 0x00}}};
  if (form.name == "null-destination") return {{{"ReturnValue", 0x503}}};
  if (form.name == "redirect") return {{{"ReturnValue", 0x478}}};
  std::vector<std::vector<Pin>> failures = {{{"ReturnValue", 0x80004005}, {"StatusCode", 0x80004005}},
                                            {{"ReturnValue", 0x4B9}, {"StatusCode", 1}}};
  if (form.name == "any") failures.push_back({{"ReturnValue", 0}, {"StatusCode", 0}});
  return failures;
}

// The same, and besides with the fields that others depend on held to what brings these out, and what does not. The
// names live as long as `conditions`.
std::vector<std::vector<Pin>> pins_of(const Form& form, std::list<Condition>& conditions) {
  std::vector<std::vector<Pin>> all = form_pins(form);
  std::size_t plain = all.size();
  for (const Check& check : form.checks) {
    if (check.verb != "if") continue;
    std::vector<Pin> with, without;
    for (Condition& condition : conditions_of(check)) {
      const Condition& kept = conditions.emplace_back(std::move(condition));
      with.push_back({kept.field, kept.equal ? kept.value : kept.value + 1});
      without.push_back({kept.field, kept.equal ? kept.value + 1 : kept.value});
    }
    for (std::size_t i = 0; i < plain; ++i) {
      for (const auto& more : {with, without}) {
        all.push_back(all[i]);
        all.back().insert(all.back().end(), more.begin(), more.end());
      }
    }
  }
  return all;
}

// Holds the instances of one form to its checks; what is wrong, one line each.
class FormChecker {
 public:
  explicit FormChecker(const Form& form) : form_(form) {}

  void instance(const Node& root, ByteView bytes) {
    std::map<std::string, const Node*> fields;
    for (const Node& node : root.fields)
      if (!is_beside(node)) fields[node.name] = &node;
    fields_in_order(root, fields, bytes);
    for (const Check& check : form_.checks) one(check, fields);
    ++instances_;
  }
  void finish() {
    if (instances_ == 0) wrong(form_.checks[0], "no instance was drawn");
    for (const Check& check : form_.checks) {
      if (check.verb != "if") continue;
      if (!present_.contains(check.field)) wrong(check, "never seen present");
      if (!absent_.contains(check.field)) wrong(check, "never seen absent");
    }
  }
  const std::vector<std::string>& complaints() const { return complaints_; }

 private:
  using Fields = std::map<std::string, const Node*>;

  void wrong(const Check& check, const std::string& why) {
    if (!reported_.insert(check.requirement + check.field + check.verb).second) return;
    complaints_.push_back(check.requirement + " " + form_.structure + " (" + form_.name + ") " + check.field + ": " +
                          why);
  }
  // What a buffer holds, shown beside it; and what is behind the fixed part of an auxiliary block, found by offsets.
  bool is_beside(const Node& node) const {
    if (!form_.structure.starts_with("AUX_")) return node.name == "Opened";
    return node.name == "Data" || node.type == "AuxText";
  }
  // Nothing of it needs to be there: a condition, or a size of 0.
  bool may_lack(const std::string& field, const Fields& fields) const {
    for (const Check& check : form_.checks) {
      if (check.field != field) continue;
      if (check.verb == "if" || check.verb == "maybe") return true;
    }
    for (const char* suffix : {"Size", "DataSize"}) {
      auto size = fields.find(field + suffix);
      if (size != fields.end() && number(*size->second) == 0) return true;
    }
    return false;
  }
  // Every field that the form lists, and no other, one after the other.
  void fields_in_order(const Node& root, const Fields& fields, ByteView bytes) {
    std::size_t next = 0, offset = root.offset;
    std::string previous;
    for (const Check& check : form_.checks) {
      if (check.verb != "field") continue;
      if (check.field == previous) continue;
      previous = check.field;
      if (!fields.contains(check.field) && may_lack(check.field, fields)) continue;
      while (next < root.fields.size() && is_beside(root.fields[next])) ++next;
      if (next == root.fields.size()) return wrong(check, "the structure ends before it");
      const Node& node = root.fields[next++];
      if (node.name != check.field) return wrong(check, node.name + " stands in its place");
      if (node.offset != offset) return wrong(check, "not behind the field before it");
      if (check.argument != "*" && node.length != std::stoul(check.argument))
        return wrong(check, std::to_string(node.length) + " bytes wide");
      if (!node.has_fields && node.value.is_number() && !node.value.is_double()) {
        u64 raw = 0, value = number(node);
        for (std::size_t i = node.length; i-- > 0;) raw = raw << 8 | bytes[node.offset + i];
        u64 mask = node.length >= 8 ? ~u64{0} : (u64{1} << (8 * node.length)) - 1;
        if (raw != (value & mask)) return wrong(check, "its bytes say another number");
      }
      offset += node.length;
    }
    while (next < root.fields.size() && is_beside(root.fields[next])) ++next;
    if (next != root.fields.size()) wrong({"-", "field", root.fields[next].name, ""}, "listed nowhere");
  }
  void one(const Check& check, const Fields& fields) {
    auto found = fields.find(check.field);
    if (check.verb == "if") return conditional(check, fields, found != fields.end());
    if (found == fields.end()) return;
    const Node& node = *found->second;
    if (check.verb == "is" || check.verb == "not") return value(check, node);
    if (check.verb == "count" || check.verb == "size") {
      auto told = fields.find(check.argument);
      if (told == fields.end()) return wrong(check, "no field " + check.argument);
      std::size_t seen = check.verb == "size" ? node.length : node.fields.size();
      if (number(*told->second) != seen) wrong(check, check.argument + " tells another number");
    } else if (check.verb == "of") {
      if (!is_of(node, check.argument)) wrong(check, "is of type " + node.type);
    }
  }
  static bool is_of(const Node& node, const std::string& type) {
    if (node.type == type || node.type == type + "[]") return true;
    return node.type == "list[]" && std::all_of(node.fields.begin(), node.fields.end(),
                                                [&](const Node& element) { return element.type == type; });
  }
  void value(const Check& check, const Node& node) {
    bool one_of = false;
    for (const std::string& value : split(check.argument, ','))
      one_of = one_of || number(node) == std::stoull(value, nullptr, 16);
    if (one_of != (check.verb == "is")) wrong(check, "is " + node.text);
  }
  void conditional(const Check& check, const Fields& fields, bool is_there) {
    bool wanted = true;
    for (const Condition& condition : conditions_of(check)) {
      auto found = fields.find(condition.field);
      u64 seen = found == fields.end() ? 0 : number(*found->second);
      wanted = wanted && condition.holds(seen);
    }
    if (is_there != wanted) wrong(check, is_there ? "is there uncalled for" : "is missing");
    (is_there ? present_ : absent_).insert(check.field);
  }

  const Form& form_;
  int instances_ = 0;
  std::set<std::string> present_, absent_, reported_;
  std::vector<std::string> complaints_;
};

const StructInfo* find_structure(const std::string& name) {
  for (const rop::RopRow* row : rop::described_rops())
    for (const StructInfo* info : {row->request, row->response})
      if (info != nullptr && info->name == name) return info;
  for (const mapihttp::RequestTypeRow& row : mapihttp::request_types())
    for (const StructInfo* info : {row.request, row.response})
      if (info != nullptr && info->name == name) return info;
  for (const emsmdb::AuxType& type : emsmdb::aux_types())
    if (type.info->name == name) return type.info;
  return nullptr;
}

// An instance with these pins, encoded and read again as a tree.
std::optional<std::pair<Node, std::vector<u8>>> draw(const StructInfo& info, wire::Random& random,
                                                     const wire::Context* context, std::span<const Pin> pins) {
  Arena arena;
  void* object = wire::generate(info, random, arena, context, pins);
  if (object == nullptr) return std::nullopt;
  wire::OutBuffer out;
  wire::Encoder encoder(out, context);
  info.encode(encoder, object);
  if (!encoder.ok()) return std::nullopt;
  wire::Tree tree = wire::read_tree(info, out.view(), arena, context);
  if (tree.error) return std::nullopt;
  return std::pair{std::move(tree.root), std::vector<u8>(out.view().begin(), out.view().end())};
}

// Rows are read as such where their columns are known.
struct RowContext {
  mapi::PropTag tags[3] = {mapi::PropTag(0x0037001F), mapi::PropTag(0x0E080003), mapi::PropTag(0x37010000)};
  mapi::RowColumns columns{tags};
  wire::Context context = wire::add_context(columns, nullptr);
};

// Calls visit(instance, bytes) with instances of the form: of its structure, or where that is only part of others, as
// they hold it.
void for_instances(const Form& form, const std::function<void(const Node&, ByteView)>& visit) {
  wire::Random random{std::mt19937_64(7)};
  RowContext rows;
  if (const StructInfo* info = find_structure(form.structure)) {
    std::list<Condition> conditions;
    for (const auto& pins : pins_of(form, conditions)) {
      for (int i = 0; i < 60; ++i)
        if (auto drawn = draw(*info, random, &rows.context, pins)) visit(drawn->first, drawn->second);
    }
    return;
  }
  std::function<void(const Node&, ByteView)> search = [&](const Node& node, ByteView bytes) {
    if (node.type == form.structure && node.has_fields && (node.fields.empty() || node.fields[0].name[0] != '['))
      visit(node, bytes);
    for (const Node& inner : node.fields) search(inner, bytes);
  };
  for (const rop::RopRow* row : rop::described_rops()) {
    for (const StructInfo* info : {row->request, row->response}) {
      for (int i = 0; info != nullptr && i < 40; ++i) {
        std::vector<Pin> success{{"ReturnValue", 0}, {"RecipientColumnCount", 0}};
        if (auto drawn = draw(*info, random, &rows.context, success)) search(drawn->first, drawn->second);
      }
    }
  }
}

TEST(LayoutRequirements, HoldForEveryDescription) {
  int held = 0;
  for (const char* document : {"MS-OXCROPS", "MS-OXCMAPIHTTP", "MS-OXCRPC"}) {
    std::vector<Form> forms = read_forms(document);
    ASSERT_FALSE(forms.empty()) << "tests/requirements/" << document
                                << ".tsv is missing; run tools/make_requirements.py";
    for (const Form& form : forms) {
      FormChecker checker(form);
      for_instances(form, [&](const Node& root, ByteView bytes) { checker.instance(root, bytes); });
      checker.finish();
      for (const std::string& complaint : checker.complaints()) ADD_FAILURE() << complaint;
      held += static_cast<int>(form.checks.size());
    }
  }
  EXPECT_GT(held, 2000);
}

// The checks themselves: each wrong one is complained of.
TEST(LayoutRequirements, ChecksFailWhereTheDescriptionIsAnother) {
  const std::vector<Check> right = {{"A", "field", "RopId", "1"},       {"B", "field", "InputHandleIndex", "1"},
                                    {"C", "field", "ReturnValue", "4"}, {"D", "field", "Numerator", "4"},
                                    {"E", "field", "Denominator", "4"}, {"F", "is", "RopId", "0x17"}};
  auto complaints = [](const std::vector<Check>& checks) {
    Form form{"RopQueryPositionResponse", "success", checks};
    FormChecker checker(form);
    for_instances(form, [&](const Node& root, ByteView bytes) { checker.instance(root, bytes); });
    checker.finish();
    return checker.complaints().size();
  };
  EXPECT_EQ(complaints(right), 0u);
  std::vector<std::vector<Check>> wrong(7, right);
  std::swap(wrong[0][3], wrong[0][4]);
  wrong[1][3].argument = "2";
  wrong[2][5].argument = "0x18";
  wrong[3].erase(wrong[3].begin() + 4);
  wrong[4].push_back({"G", "field", "More", "1"});
  wrong[5].push_back({"G", "if", "Denominator", "Numerator"});
  wrong[6].push_back({"G", "size", "Denominator", "Numerator"});
  for (std::size_t i = 0; i < wrong.size(); ++i) EXPECT_EQ(complaints(wrong[i]) > 0, true) << i;
}

// Failure responses are made from the requests that they answer: an index is the one the request gave.
TEST(LayoutRequirements, FailureResponsesEchoTheirRequests) {
  int held = 0;
  wire::Random random{std::mt19937_64(9)};
  for (const Form& form : read_forms("MS-OXCROPS")) {
    if (form.name != "failure" && form.name != "null-destination" && form.name != "any") continue;
    auto code = form.name == "null-destination" ? mapi::ErrorCode::dst_null_object : mapi::ErrorCode::not_found;
    for (const Check& check : form.checks) {
      if (check.verb != "echo") continue;
      const rop::RopRow* row = nullptr;
      for (const rop::RopRow* candidate : rop::described_rops())
        if (candidate->response != nullptr && candidate->response->name == form.structure) row = candidate;
      if (row == nullptr || row->request == nullptr) {
        ADD_FAILURE() << check.requirement << ": no " << form.structure;
        continue;
      }
      for (int i = 0; i < 20; ++i) {
        Arena arena;
        void* request = wire::generate(*row->request, random, arena);
        if (request == nullptr) continue;
        wire::OutBuffer asked, answered;
        wire::Encoder encoder(asked);
        row->request->encode(encoder, request);
        ASSERT_TRUE(rop::encode_failure(row->id, request, code, answered));
        wire::Tree question = wire::read_tree(*row->request, asked.view(), arena);
        wire::Tree answer = wire::read_tree(*row->response, answered.view(), arena);
        const Node* from = question.root.find(check.argument);
        const Node* to = answer.root.find(check.field);
        ASSERT_TRUE(from != nullptr && to != nullptr) << check.requirement << " " << form.structure;
        EXPECT_EQ(number(*from), number(*to)) << check.requirement << " " << form.structure;
      }
      ++held;
    }
  }
  EXPECT_GT(held, 100);  // those of success are the server's, tests/served_rops_test.cc
}

}  // namespace
}  // namespace ropewalk
