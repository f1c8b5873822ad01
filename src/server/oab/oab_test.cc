// The offline address book as clients fetch it.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/base64.h"
#include "net/http_client.h"
#include "protocol/oab/compressed.h"
#include "protocol/oab/details.h"
#include "protocol/oab/manifest.h"
#include "server/endpoint_fixture.h"
#include "server/oab/endpoint.h"
#include "server/oab/files.h"

namespace ropewalk::server {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

directory::ObjectChange called(const char* name, const char* address, bool hidden = false) {
  directory::ObjectChange change;
  change.name = name;
  change.address = address;
  change.hidden = hidden;
  return change;
}

class Oab : public Endpoint {
 protected:
  Oab() { config_.oab_pause = 1s; }
  net::HttpClientResponse ask(const std::string& target, std::vector<net::HttpHeader> headers = {},
                              const std::string& method = "GET", bool signed_in = true) {
    net::HttpClientOptions options;
    options.host = "127.0.0.1";
    options.port = port();
    options.tls = false;
    net::HttpClient client(options);
    const std::string basic = "Basic " + to_base64(bytes_of("user1@ropewalk.test:secret"));
    if (signed_in) headers.push_back({"Authorization", basic});
    net::HttpClientRequest request;
    request.method = method;
    request.target = target;
    request.headers = headers;
    auto response = client.request(request);
    EXPECT_TRUE(response.ok()) << response.error().text;
    return response.ok() ? std::move(*response) : net::HttpClientResponse{};
  }
  // "/OAB/GUID/"
  std::string path() const {
    std::ifstream in(folder_ / "oab" / "list.guid");
    std::string guid;
    std::getline(in, guid);
    return "/OAB/" + guid + "/";
  }
  oab::Manifest manifest() {
    for (int i = 0; i < 200; ++i) {
      auto response = ask(path() + "oab.xml");
      auto read = xml::read_document<oab::Manifest>(response.body);
      if (response.status == 200 && read.ok()) return *read;
      std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << "there is no manifest";
    return {};
  }
  // The Global Address List's part, once it has that many objects.
  oab::ManifestList manifest_with(std::size_t objects);
  static unsigned after(const oab::ManifestFile& file) { return static_cast<unsigned>(std::stoul(file.sequence)) + 1; }
  void restart(const std::function<void()>& meanwhile) {
    server_->stop();
    server_.reset();
    meanwhile();
    auto again = Server::start(config_);
    ASSERT_TRUE(again.ok());
    server_ = std::move(*again);
    rops_ = nullptr;
  }
  // The file of the Global Address List, once there is one of that generation or a later one.
  oab::ManifestFile newest(unsigned sequence = 1) {
    for (int i = 0; i < 200; ++i) {
      auto response = ask(path() + "oab.xml");
      if (response.status == 200) {
        auto read = xml::read_document<oab::Manifest>(response.body);
        EXPECT_TRUE(read.ok() && !read->lists.empty() && read->lists[0].full) << response.body;
        if (!read.ok() || std::stoul(read->lists.at(0).full->sequence) >= sequence) return *read->lists.at(0).full;
      }
      std::this_thread::sleep_for(50ms);
    }
    ADD_FAILURE() << "generation " << sequence << " does not come";
    return {};
  }
};

TEST_F(Oab, TheManifestNamesAFileThatIsThere) {
  start();
  const auto full = newest();
  EXPECT_EQ(full.version, "32");
  const auto file = ask(path() + full.name);
  ASSERT_EQ(file.status, 200);
  EXPECT_EQ(std::to_string(file.body.size()), full.size);
  EXPECT_THAT(std::string(file.headers.get("ETag")), "\"" + full.sha1 + "\"");
  std::string whole = path();
  for (char& c : whole) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  EXPECT_EQ(ask(whole + "oab.xml").status, 200);
}

// The objects of a details file: their display types by name.
std::map<std::string, u32> types_in(ByteView file) {
  Arena arena;
  auto read = oab::DetailsReader::read(file, arena);
  EXPECT_TRUE(read.ok()) << read.error().text;
  std::map<std::string, u32> types;
  if (!read.ok()) return types;
  for (const oab::Record& record : read->objects) {
    std::string name, dn;
    u32 type = 99;
    for (const oab::RecordValue& value : record.values) {
      if (value.tag.value == 0x3001001F) name = value.single.text.text();
      if (value.tag.value == 0x3003001E) dn = value.single.text.text();
      if (value.tag.value == 0x39000003) type = value.single.number.value();
    }
    EXPECT_THAT(dn, StartsWith("/o=Ropewalk/")) << name;
    types[name] = type;
  }
  return types;
}

std::vector<u8> plain(const std::string& packed) {
  auto file = oab::unpack_file(bytes_of(packed), 1 << 30);
  EXPECT_TRUE(file.ok()) << file.error().text;
  return file.ok() ? *file : std::vector<u8>();
}

oab::ManifestList Oab::manifest_with(std::size_t objects) {
  for (int i = 0; i < 200; ++i) {
    auto list = manifest().lists.at(0);
    if (types_in(plain(ask(path() + list.full->name).body)).size() >= objects) return list;
    std::this_thread::sleep_for(50ms);
  }
  ADD_FAILURE() << "it does not come to " << objects << " objects";
  return {};
}

// Neither hidden ones, nor those to whom nobody can write.
TEST_F(Oab, EverybodyWhoIsNotHiddenIsInIt) {
  start();
  const auto before = newest();
  auto& book = server_->address_book();
  auto hidden = book.add(directory::Kind::contact, called("Nobody Sees", "hidden@ropewalk.test", true));
  ASSERT_TRUE(hidden.ok()) << hidden.error().text;
  auto mute = book.add(directory::Kind::group, called("No Address", ""));
  ASSERT_TRUE(mute.ok()) << mute.error().text;
  auto group = book.add(directory::Kind::group, called("Rope Makers", "makers@ropewalk.test"));
  ASSERT_TRUE(group.ok()) << group.error().text;
  const auto file = plain(ask(path() + newest(after(before)).name).body);
  EXPECT_EQ(types_in(file), (std::map<std::string, u32>{{"The user1", 0}, {"The user2", 0}, {"Rope Makers", 1}}));
}

// [MS-OXOAB] 2.10: the generation before and the patch make the newest one, byte by byte.
TEST_F(Oab, WhoHasTheGenerationBeforeNeedsOnlyTheDifference) {
  start();
  auto& book = server_->address_book();
  auto many = book.together([&]() -> Status {
    for (int i = 0; i < 300; ++i) {
      const std::string name = "person" + std::to_string(i);
      ROPEWALK_TRY([[maybe_unused]] auto added,
                   book.add(directory::Kind::contact, called(name.c_str(), (name + "@ropewalk.test").c_str())));
    }
    return {};
  });
  ASSERT_TRUE(many.ok()) << many.error().text;
  auto list = manifest_with(301);
  for (int round = 0; round < 3; ++round) {
    const auto before = plain(ask(path() + list.full->name).body);
    const std::string name = "another" + std::to_string(round);
    auto added = book.add(directory::Kind::contact, called(name.c_str(), (name + "@ropewalk.test").c_str()));
    ASSERT_TRUE(added.ok()) << added.error().text;
    const auto sequence = after(*list.full);
    newest(sequence);
    list = manifest().lists.at(0);
    ASSERT_FALSE(list.differences.empty());
    const oab::ManifestFile& difference = list.differences.back();
    EXPECT_EQ(difference.sequence, list.full->sequence);
    EXPECT_EQ(difference.version, "32");
    EXPECT_EQ(difference.uncompressed_size, list.full->uncompressed_size);
    EXPECT_EQ(difference.name, list.id + "-binpatch-" + difference.sequence + ".lzx");
    const auto patch = ask(path() + difference.name);
    EXPECT_EQ(std::string(patch.headers.get("ETag")), "\"" + difference.sha1 + "\"");
    EXPECT_LT(patch.body.size(), std::stoul(list.full->size) / 2);
    const auto file = plain(ask(path() + list.full->name).body);
    auto made = oab::apply_patch(before, bytes_of(patch.body), 1 << 30);
    ASSERT_TRUE(made.ok()) << made.error().text;
    EXPECT_TRUE(*made == file);
  }
  EXPECT_EQ(list.differences.size(), 3u);  // those who have missed two can still come along
  for (const auto& difference : list.differences) EXPECT_EQ(ask(path() + difference.name).status, 200);
}

// Lists of their own, each under the GUID that the address book gave it.
TEST_F(Oab, HasTheListsThatTheConfigurationNames) {
  config_.oab_lists = {"Only Some", "Nothing In It", "no such list"};
  start();
  auto& book = server_->address_book();
  auto some = book.add_list(0, "Only Some", "(mail=some*)"), none = book.add_list(0, "Nothing In It", "(mail=none*)");
  ASSERT_TRUE(some.ok() && none.ok()) << some.error().text;
  for (const char* name : {"some1", "some2"}) {
    auto added = book.add(directory::Kind::contact, called(name, (name + std::string("@ropewalk.test")).c_str()));
    ASSERT_TRUE(added.ok()) << added.error().text;
  }
  auto hidden = book.add(directory::Kind::contact, called("some hidden", "some3@ropewalk.test", true));
  ASSERT_TRUE(hidden.ok()) << hidden.error().text;
  auto lists = manifest().lists;
  for (int i = 0; i < 200 && (lists.size() < 2 || types_in(plain(ask(path() + lists[1].full->name).body)).size() < 2);
       ++i) {
    std::this_thread::sleep_for(50ms);
    lists = manifest().lists;
  }
  ASSERT_EQ(lists.size(), 2u);
  EXPECT_EQ(lists[0].dn, "/");
  EXPECT_EQ(lists[0].name, "\\Global Address List");
  EXPECT_EQ(lists[1].id, some->guid.to_string());
  EXPECT_EQ(lists[1].name, "\\Only Some");
  EXPECT_THAT(lists[1].dn, testing::MatchesRegex("/guid=[0-9A-F]+"));
  EXPECT_EQ(lists[1].dn.size(), 6u + 32);
  EXPECT_EQ(types_in(plain(ask(path() + lists[1].full->name).body)),
            (std::map<std::string, u32>{{"some1", 6}, {"some2", 6}}));
}

// Downloads go on while the address book is made anew again and again.
TEST_F(Oab, DownloadsGoOnWhileItIsMadeAnew) {
  start();
  newest();
  std::atomic<bool> done = false;
  std::atomic<int> fetched = 0;
  std::thread client([&] {
    while (!done) {
      const auto full = *manifest().lists.at(0).full;
      // Piece by piece, as BITS does, and slowly enough for a generation to pass in between.
      std::string body;
      while (body.size() < std::stoul(full.size)) {
        const auto part =
            ask(path() + full.name,
                {{"Range", "bytes=" + std::to_string(body.size()) + "-" + std::to_string(body.size() + 199)}});
        if (part.status != 206) break;
        body += part.body;
        std::this_thread::sleep_for(20ms);
      }
      EXPECT_EQ(sha1_text(bytes_of(body)), full.sha1);
      ++fetched;
    }
  });
  for (int i = 0; i < 4; ++i) {
    const auto before = newest();
    const std::string name = "late" + std::to_string(i);
    auto added =
        server_->address_book().add(directory::Kind::contact, called(name.c_str(), (name + "@ropewalk.test").c_str()));
    ASSERT_TRUE(added.ok()) << added.error().text;
    newest(after(before));
  }
  done = true;
  client.join();
  EXPECT_GT(fetched, 3);
}

// Whatever a crash leaves beside it, what the manifest names is served; a damaged file is made anew behind its number.
TEST_F(Oab, ACrashWhileItIsMadeLeavesTheOldOne) {
  start();
  const auto first = newest();
  restart([&] {
    const auto folder = folder_ / "oab";
    const std::string next = std::to_string(after(first));
    std::string name = first.name;
    name.replace(name.rfind('-') + 1, std::string::npos, next + ".lzx");
    std::ofstream(folder / name) << "half a fi";
    std::ofstream(folder / (name + ".new")) << "ha";
    std::ofstream(folder / "oab.xml.new") << "<OAB><OA";
  });
  EXPECT_EQ(newest().name, first.name);
  EXPECT_EQ(ask(path() + first.name).status, 200);
  restart([&] { std::ofstream(folder_ / "oab" / first.name) << "damaged"; });
  const auto second = newest(after(first));
  EXPECT_EQ(after(first), std::stoul(second.sequence));
  EXPECT_EQ(types_in(plain(ask(path() + second.name).body)).size(), 2u);
}

// Another server's is another one: clients tell them apart by it.
TEST_F(Oab, EachServerHasAGuidOfItsOwn) {
  start();
  const std::string first = path();
  newest();
  restart([&] { std::filesystem::remove_all(folder_ / "oab"); });
  newest();
  EXPECT_NE(path(), first);
}

TEST_F(Oab, IsMadeAnewWhenTheAddressBookChanges) {
  start();
  const auto first = newest();
  auto added = server_->address_book().add(directory::Kind::contact, called("New One", "new@ropewalk.test"));
  ASSERT_TRUE(added.ok()) << added.error().text;
  const auto second = newest(after(first));
  EXPECT_NE(second.sha1, first.sha1);
  EXPECT_EQ(ask(path() + first.name).status, 200);  // somebody may still be reading it
  EXPECT_EQ(ask(path() + second.name).status, 200);
  restart([] {});
  EXPECT_EQ(ask(path() + first.name).status, 200);
  EXPECT_EQ(sha1_text(bytes_of(ask(path() + first.name).body)), first.sha1);
  EXPECT_EQ(ask(path() + second.name).status, 200);
}

// Clients cache by the GUID, and ask for what they do not have.
TEST_F(Oab, StaysTheSameOverRestarts) {
  start();
  const auto first = newest();
  const std::string at = path();
  restart([] {});
  EXPECT_EQ(path(), at);
  const auto manifest = ask(at + "oab.xml");
  EXPECT_EQ(manifest.status, 200);  // at once
  EXPECT_THAT(manifest.body, HasSubstr(first.name));
  std::this_thread::sleep_for(1500ms);
  EXPECT_EQ(newest().sequence, first.sequence);
}

TEST_F(Oab, AnswersAsDownloadersAsk) {
  start();
  const auto full = newest();
  const std::string at = path() + full.name;
  const auto whole = ask(at);
  const auto head = ask(at, {}, "HEAD");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(std::string(head.headers.get("Content-Length")), full.size);
  EXPECT_EQ(head.body, "");
  const auto part = ask(at, {{"Range", "bytes=4-11"}});
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, whole.body.substr(4, 8));
  EXPECT_EQ(std::string(part.headers.get("Content-Range")), "bytes 4-11/" + full.size);
  EXPECT_EQ(ask(at, {{"Range", "bytes=99999999-"}}).status, 416);
  EXPECT_EQ(ask(at, {{"Range", "bytes=4-11"}, {"If-Range", "\"another\""}}).status, 200);
  EXPECT_EQ(ask(at, {{"If-None-Match", whole.headers.get("ETag")}}).status, 304);
  EXPECT_EQ(ask(path() + "../directory.db").status, 404);
  EXPECT_EQ(ask(path() + "state").status, 404);
  EXPECT_EQ(ask("/OAB/0d4d1d4c-8a53-4a2c-8d4d-3b3c2f4f0001/oab.xml").status, 404);
  EXPECT_EQ(ask(at, {}, "POST").status, 405);
  EXPECT_EQ(ask(at, {}, "GET", false).status, 401);
}

TEST(OabRange, IsOneOrNone) {
  auto range = [](std::string_view header) {
    auto parsed = parse_range(header, 10);
    return parsed ? std::to_string(parsed->first) + "+" + std::to_string(parsed->length) : std::string("none");
  };
  EXPECT_EQ(range("bytes=0-0"), "0+1");
  EXPECT_EQ(range("bytes=3-"), "3+7");
  EXPECT_EQ(range("bytes=3-100"), "3+7");
  EXPECT_EQ(range("bytes=-3"), "7+3");
  EXPECT_EQ(range("bytes=-30"), "0+10");
  EXPECT_EQ(range("bytes=10-"), "0+0");
  for (const char* bad : {"", "bytes=", "bytes=-", "bytes=5-4", "bytes=1-2,4-5", "bytes=x-", "lines=1-2", "bytes=1"})
    EXPECT_EQ(range(bad), "none") << bad;
}

}  // namespace
}  // namespace ropewalk::server
