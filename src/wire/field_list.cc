#include "wire/field_list.h"

#include <set>

#include "wire/random_sink.h"

namespace ropewalk::wire {
namespace {

// Makes values up, and notes what it was asked for.
class NotingSink final : public RandomSink {
 public:
  NotingSink(Random& random, Arena& arena, std::string_view structure, std::set<FieldInfo>& found)
      : RandomSink(random, arena, {}), found_(found), levels_{{std::string(structure), {}}} {}

  void scalar(std::string_view name, const TypeInfo& type, u64& raw) override {
    note(name, type.name, FieldForm::number, &type);
    RandomSink::scalar(name, type, raw);
  }
  void bytes(std::string_view name, ByteView& bytes) override {
    note(name, "bytes", FieldForm::bytes);
    RandomSink::bytes(name, bytes);
  }
  void guid(std::string_view name, Guid& guid) override {
    note(name, "GUID", FieldForm::guid);
    RandomSink::guid(name, guid);
  }
  void string8(std::string_view name, ByteView& text) override {
    note(name, "String8", FieldForm::text);
    RandomSink::string8(name, text);
  }
  void string16(std::string_view name, ByteView& text) override {
    note(name, "String16", FieldForm::text);
    RandomSink::string16(name, text);
  }
  std::size_t count(std::string_view name, const TypeInfo& type, bool of_bytes) override {
    note(name, type.name, FieldForm::number, &type);
    return RandomSink::count(name, type, of_bytes);
  }
  void begin_sized(std::string_view name, const TypeInfo& type, std::size_t) override {
    note(name, type.name, FieldForm::number, &type);
  }
  void begin(std::string_view name, std::string_view type) override {
    note(name, type, FieldForm::structure);
    levels_.push_back({std::string(type), {}});
  }
  void begin_list(std::string_view name, std::string_view type) override {
    note(name, std::string(type) + "[]", FieldForm::list);
    levels_.push_back({levels_.back().structure, std::string(own_name(name))});
  }
  void end() override { levels_.pop_back(); }
  bool wants_inside() const override { return true; }
  void begin_inside(std::string_view, ByteView) override { levels_.push_back({}); }
  void end_inside() override { levels_.pop_back(); }

 private:
  struct Level {
    std::string structure;
    std::string list;  // whose elements stand here
  };

  std::string_view own_name(std::string_view name) const {
    return name.starts_with('[') ? std::string_view(levels_.back().list) : name;
  }
  void note(std::string_view name, std::string_view type, FieldForm form, const TypeInfo* scalar = nullptr) {
    std::string_view own = own_name(name);
    if (own.empty() || levels_.back().structure.empty()) return;  // what is inside is named by what it is
    // An element that is a structure is one of its list's; the list is noted already.
    if (form == FieldForm::structure && own.data() != name.data()) return;
    found_.insert({levels_.back().structure, std::string(own), std::string(type), form, scalar});
  }

  std::set<FieldInfo>& found_;
  std::vector<Level> levels_;
};

constexpr int kQuietDraws = 200;  // without anything new
constexpr int kMostDraws = 5000;

}  // namespace

std::vector<FieldInfo> list_fields(const StructInfo& info) {
  std::set<FieldInfo> found;
  Random random;
  for (int draw = 0, quiet = 0; draw < kMostDraws && quiet < kQuietDraws; ++draw) {
    Arena arena;
    std::size_t before = found.size();
    random.depth = 0;
    NotingSink sink(random, arena, info.name, found);
    Walker walker(sink, arena);
    if (void* object = arena.allocate(info.size, info.align); object != nullptr) {
      info.construct(object);
      info.walk(walker, object);
    }
    quiet = found.size() == before ? quiet + 1 : 0;
  }
  return {found.begin(), found.end()};
}

}  // namespace ropewalk::wire
