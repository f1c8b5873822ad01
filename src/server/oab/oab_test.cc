// The offline address book as clients fetch it.
#include <filesystem>
#include <fstream>

#include "base/base64.h"
#include "net/http_client.h"
#include "protocol/oab/details.h"
#include "protocol/oab/manifest.h"
#include "server/endpoint_fixture.h"
#include "server/oab/endpoint.h"

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
  // The manifest, once there is one of that generation or a later one.
  oab::ManifestFile newest(unsigned sequence = 1) {
    for (int i = 0; i < 200; ++i) {
      auto response = ask(path() + "oab.xml");
      if (response.status == 200) {
        auto read = xml::read_document<oab::Manifest>(response.body);
        EXPECT_TRUE(read.ok() && read->lists.size() == 1 && read->lists[0].full) << response.body;
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

TEST_F(Oab, EverybodyWhoIsNotHiddenIsInIt) {
  start();
  auto& book = server_->address_book();
  auto hidden = book.add(directory::Kind::contact, called("Nobody Sees", "hidden@ropewalk.test", true));
  ASSERT_TRUE(hidden.ok()) << hidden.error().text;
  auto group = book.add(directory::Kind::group, called("Rope Makers", "makers@ropewalk.test"));
  ASSERT_TRUE(group.ok()) << group.error().text;
  auto made = make_oab(book, "id", [](const std::string&) { return 5u; });
  ASSERT_TRUE(made.ok()) << made.error().text;
  Arena arena;
  auto read = oab::DetailsReader::read(made->file, arena);
  ASSERT_TRUE(read.ok()) << read.error().text;
  EXPECT_EQ(read->list.values[2].single.number.value(), 5u);
  std::map<std::string, u32> types;  // by name
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
  EXPECT_EQ(types, (std::map<std::string, u32>{{"The user1", 0}, {"The user2", 0}, {"Rope Makers", 1}}));
}

TEST_F(Oab, IsMadeAnewWhenTheAddressBookChanges) {
  start();
  const auto first = newest();
  auto added = server_->address_book().add(directory::Kind::contact, called("New One", "new@ropewalk.test"));
  ASSERT_TRUE(added.ok()) << added.error().text;
  const auto second = newest(static_cast<unsigned>(std::stoul(first.sequence)) + 1);
  EXPECT_NE(second.sha1, first.sha1);
  EXPECT_EQ(ask(path() + first.name).status, 200);  // somebody may still be reading it
  EXPECT_EQ(ask(path() + second.name).status, 200);
}

// Clients cache by the GUID, and ask for what they do not have.
TEST_F(Oab, StaysTheSameOverRestarts) {
  start();
  const auto first = newest();
  const std::string at = path();
  server_->stop();
  server_.reset();
  auto again = Server::start(config_);
  ASSERT_TRUE(again.ok());
  server_ = std::move(*again);
  rops_ = nullptr;
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
