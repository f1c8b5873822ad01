// The offline address book of 100,000 people: read from the address book, made, compressed.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include <filesystem>

#include "base/guid.h"
#include "directory/address_book.h"
#include "mapi/property_tags.h"
#include "protocol/oab/details.h"
#include "server/oab/publisher.h"

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

void oab_of_100000_people(benchmark::State& state) {
  Book book;
  if (book.get() == nullptr) return state.SkipWithError("the address book cannot be filled");
  std::size_t plain = 0, packed = 0;
  for (auto _ : state) {
    auto made = server::make_oab(*book.get(), "id", [](const std::string&) { return 1u; });
    if (!made.ok() || made->count < kPeople) return state.SkipWithError("the details file cannot be made");
    plain = made->file.size();
    packed = oab::compress_details(made->file).size();
  }
  state.counters["bytes"] = static_cast<double>(plain);
  state.counters["compressed"] = static_cast<double>(packed);
}
BENCHMARK(oab_of_100000_people)->Unit(benchmark::kSecond)->UseRealTime()->Iterations(1);

}  // namespace
}  // namespace ropewalk
