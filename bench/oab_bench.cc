// The offline address book of 100,000 people: read from the address book, made, compressed.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>

#include "base/guid.h"
#include "directory/address_book.h"
#include "mapi/property_tags.h"
#include "protocol/oab/compressed.h"
#include "server/oab/content.h"

namespace ropewalk {
namespace {

namespace tag = mapi::tag;

constexpr int kPeople = 100'000;

// An address book in a folder of its own, filled once.
class Book {
 public:
  Book() : folder_(std::filesystem::temp_directory_path() / ("oab-bench-" + Guid::random().to_string())) {
    auto directory = directory::Directory::open(folder_);
    auto opened = directory::AddressBook::open(folder_);
    if (!directory.ok() || !opened.ok()) return;
    book_ = std::move(*opened);
    Status filled = book_->together([&]() -> Status {
      for (int i = 0; i < kPeople; ++i) ROPEWALK_CHECK(add(i));
      return {};
    });
    if (!filled.ok()) {
      fmt::print(stderr, "{}\n", filled.error().text);
      book_.reset();
    }
  }
  ~Book() {
    book_.reset();
    std::filesystem::remove_all(folder_);
  }
  directory::AddressBook* get() const { return book_.get(); }
  Status change(int number) {
    directory::ObjectChange title;
    title.set.set_text(mapi::PropTag(tag::PidTagTitle), "changed");
    ROPEWALK_TRY(auto found, book_->find_by_address(fmt::format("user{}@ropewalk.test", number)));
    return found ? book_->change(found->id, title) : Error{"there is no such person"};
  }

 private:
  Status add(int number) {
    directory::ObjectChange person;
    person.name = fmt::format("Given{} Family{}", number % 997, number);
    person.address = fmt::format("user{}@ropewalk.test", number);
    const mapi::PropTag texts[] = {
        mapi::PropTag(tag::PidTagGivenName),      mapi::PropTag(tag::PidTagSurname),
        mapi::PropTag(tag::PidTagTitle),          mapi::PropTag(tag::PidTagDepartmentName),
        mapi::PropTag(tag::PidTagOfficeLocation), mapi::PropTag(tag::PidTagBusinessTelephoneNumber)};
    for (const mapi::PropTag& text : texts)
      person.set.set_text(text, fmt::format("{} of {}", text.id() % 7, number % 300));
    ROPEWALK_TRY([[maybe_unused]] auto added, book_->add(directory::Kind::contact, person));
    return {};
  }
  std::filesystem::path folder_;
  std::unique_ptr<directory::AddressBook> book_;
};

// Empty where it cannot be made.
std::vector<u8> details_file(directory::AddressBook& book, u32 sequence) {
  auto lists = book.lists();
  if (!lists.ok()) return {};
  for (const directory::AddressList& list : *lists) {
    if (!list.is_global) continue;
    auto objects = server::collect_objects(book, list.id);
    if (objects.ok() && objects->count() >= kPeople) return objects->finish({"\\Everybody", "/", "id", sequence});
  }
  return {};
}

void oab_of_100000_people(benchmark::State& state) {
  Book book;
  if (book.get() == nullptr) return state.SkipWithError("the address book cannot be filled");
  std::size_t plain = 0, packed = 0;
  for (auto _ : state) {
    const std::vector<u8> file = details_file(*book.get(), 1);
    if (file.empty()) return state.SkipWithError("the details file cannot be made");
    plain = file.size();
    packed = oab::compress_file(file).size();
  }
  state.counters["bytes"] = static_cast<double>(plain);
  state.counters["compressed"] = static_cast<double>(packed);
}
BENCHMARK(oab_of_100000_people)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

// Ten people have changed since the generation before.
void oab_difference_of_100000_people(benchmark::State& state) {
  Book book;
  if (book.get() == nullptr) return state.SkipWithError("the address book cannot be filled");
  const std::vector<u8> before = details_file(*book.get(), 1);
  for (int i = 0; i < 10; ++i)
    if (!book.change(9973 * i).ok()) return state.SkipWithError("nobody can be changed");
  const std::vector<u8> file = details_file(*book.get(), 2);
  if (before.empty() || file.empty()) return state.SkipWithError("the details file cannot be made");
  std::size_t size = 0;
  for (auto _ : state) {
    auto patch = oab::make_patch(before, file);
    if (!patch) return state.SkipWithError("there is no patch");
    size = patch->size();
  }
  state.counters["bytes"] = static_cast<double>(size);
}
BENCHMARK(oab_difference_of_100000_people)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace ropewalk
