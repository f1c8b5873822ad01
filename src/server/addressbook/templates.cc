#include "server/addressbook/templates.h"

#include <fmt/format.h>
#include <unicode/uloc.h>

#include "mapi/ascii_case.h"
#include "mapi/property_tags.h"
#include "protocol/nspi/templates.h"
#include "server/addressbook/cells.h"
#include "server/addressbook/entries.h"
#include "wire/describe.h"

namespace ropewalk::server {
namespace {

using mapi::PropTag;
using mapi::PropType;
using nspi::ControlType;
using nspi::TemplateRow;
namespace tag = mapi::tag;

struct Text {
  std::string_view english, german;
  std::string_view in(Language language) const { return language == Language::german ? german : english; }
};

constexpr Text kGeneral{"General", "Allgemein"}, kOrganization{"Organization", "Organisation"},
    kPhones{"Phone/Notes", "Telefon/Notizen"}, kMemberOf{"Member Of", "Mitglied von"},
    kAddresses{"E-mail Addresses", "E-Mail-Adressen"}, kMembers{"Members", "Mitglieder"};

struct Field {
  Text label;
  u32 tag;
  u32 most = 128;  // characters
};

constexpr Field kNames[] = {{{"First:", "Vorname:"}, tag::PidTagGivenName},
                            {{"Initials:", "Initialen:"}, tag::PidTagInitials},
                            {{"Last:", "Nachname:"}, tag::PidTagSurname},
                            {{"Display:", "Anzeigename:"}, tag::PidTagDisplayName, 256},
                            {{"Alias:", "Alias:"}, tag::PidTagAccount, 64},
                            {{"Address:", "Adresse:"}, tag::PidTagStreetAddress, 1024},
                            {{"City:", "Ort:"}, tag::PidTagLocality},
                            {{"State:", "Bundesland:"}, tag::PidTagStateOrProvince},
                            {{"Zip code:", "Postleitzahl:"}, tag::PidTagPostalCode, 40},
                            {{"Country/Region:", "Land/Region:"}, tag::PidTagCountry},
                            {{"Title:", "Position:"}, tag::PidTagTitle},
                            {{"Company:", "Firma:"}, tag::PidTagCompanyName, 64},
                            {{"Department:", "Abteilung:"}, tag::PidTagDepartmentName, 64},
                            {{"Office:", "Büro:"}, tag::PidTagOfficeLocation},
                            {{"Assistant:", "Assistent:"}, tag::PidTagAssistant, 256},
                            {{"Phone:", "Telefon:"}, tag::PidTagBusinessTelephoneNumber, 64}};
constexpr Field kNumbers[] = {{{"Business:", "Geschäftlich:"}, tag::PidTagBusinessTelephoneNumber, 64},
                              {{"Business 2:", "Geschäftlich 2:"}, tag::PidTagBusiness2TelephoneNumber, 64},
                              {{"Fax:", "Fax:"}, tag::PidTagPrimaryFaxNumber, 64},
                              {{"Assistant:", "Assistent:"}, tag::PidTagAssistantTelephoneNumber, 64},
                              {{"Home:", "Privat:"}, tag::PidTagHomeTelephoneNumber, 64},
                              {{"Home 2:", "Privat 2:"}, tag::PidTagHome2TelephoneNumber, 64},
                              {{"Mobile:", "Mobil:"}, tag::PidTagMobileTelephoneNumber, 64},
                              {{"Pager:", "Pager:"}, tag::PidTagPagerTelephoneNumber, 64}};
constexpr Field kGroupNames[] = {{{"Display name:", "Anzeigename:"}, tag::PidTagDisplayName, 256},
                                 {{"Alias name:", "Alias:"}, tag::PidTagAccount, 64}};
constexpr Field kFolderNames[] = {{{"Display name:", "Anzeigename:"}, tag::PidTagDisplayName, 256},
                                  {{"Alias name:", "Alias:"}, tag::PidTagAccount, 64},
                                  {{"Folder path:", "Ordnerpfad:"}, tag::PidTagAddressBookFolderPathname, 256}};
constexpr Field kSearch[] = {{{"First name:", "Vorname:"}, tag::PidTagGivenName},
                             {{"Last name:", "Nachname:"}, tag::PidTagSurname},
                             {{"Display name:", "Anzeigename:"}, tag::PidTagDisplayName, 256},
                             {{"Alias:", "Alias:"}, tag::PidTagAccount, 64},
                             {{"Title:", "Position:"}, tag::PidTagTitle},
                             {{"Company:", "Firma:"}, tag::PidTagCompanyName, 64},
                             {{"Department:", "Abteilung:"}, tag::PidTagDepartmentName, 64},
                             {{"Office:", "Büro:"}, tag::PidTagOfficeLocation},
                             {{"City:", "Ort:"}, tag::PidTagLocality}};
constexpr Field kInternetAddress[] = {{{"Display name:", "Anzeigename:"}, tag::PidTagDisplayName, 256},
                                      {{"E-mail address:", "E-Mail-Adresse:"}, tag::PidTagEmailAddress, 320}};
constexpr Field kExchangeAddress[] = {{{"Display name:", "Anzeigename:"}, tag::PidTagDisplayName, 256},
                                      {{"Distinguished name:", "Definierter Name:"}, tag::PidTagEmailAddress, 256}};

constexpr u32 kSearchDialog = 0x200;  // DT_SEARCH

// Controls, and their texts as they come.
class Dialog {
 public:
  Dialog(Language language, u32 code_page) : language_(language), code_page_(code_page) {}

  void page(const Text& name) {
    add({.type = ControlType::page}, name.in(language_));
    line_ = 0;
  }
  // Two columns of labels with what they name.
  void fields(std::span<const Field> all, u32 flags = 0) {
    constexpr u32 kTop = 10, kLine = 16, kColumn = 178;
    const std::size_t left = all.size() > 4 ? (all.size() + 1) / 2 : all.size();
    for (std::size_t i = 0; i < all.size(); ++i) {
      const u32 x = i < left ? 6 : 6 + kColumn, y = kTop + static_cast<u32>(i < left ? i : i - left) * kLine;
      add({.x = x, .width = 62, .y = y + 2, .height = 10, .type = ControlType::label}, all[i].label.in(language_));
      add({.x = x + 64,
           .width = 104,
           .y = y,
           .height = 12,
           .type = ControlType::edit,
           .flags = flags,
           .property = PropTag(all[i].tag).with_type(PropType::string8),
           .size = all[i].most},
          "*");
    }
    line_ = kTop + static_cast<u32>(left) * kLine;
  }
  // A text over several lines.
  void note(const Text& label, u32 property) {
    add({.x = 6, .width = 346, .y = line_ + 4, .height = 10, .type = ControlType::label}, label.in(language_));
    add({.x = 6,
         .width = 346,
         .y = line_ + 16,
         .height = 44,
         .type = ControlType::edit,
         .flags = TemplateRow::kMultiLine,
         .property = PropTag(property).with_type(PropType::string8),
         .size = 1024},
        "*");
  }
  // The objects that a property names, or the values that it has.
  void list(const Text& label, u32 property, ControlType type) {
    add({.x = 6, .width = 346, .y = line_ + 4, .height = 10, .type = ControlType::label}, label.in(language_));
    add({.x = 6, .width = 346, .y = line_ + 16, .height = 90, .type = type, .property = PropTag(property)}, "");
    line_ += 110;
  }
  std::vector<u8> bytes() const {
    std::vector<TemplateRow> rows = rows_;
    const u32 start = nspi::TemplateData::kHeaderSize + nspi::TemplateData::kRowSize * static_cast<u32>(rows.size());
    for (TemplateRow& row : rows) row.text += start;
    nspi::TemplateData data;
    data.rows = wire::List<TemplateRow>(rows);
    data.texts = texts_;
    wire::OutBuffer out;
    if (rows.empty() || !wire::encode(data, out)) return {};
    return {out.view().begin(), out.view().end()};
  }

 private:
  void add(TemplateRow row, std::string_view text) {
    row.text = static_cast<u32>(texts_.size());
    rows_.push_back(row);
    const auto bytes = to_code_page(text, code_page_);
    texts_.insert(texts_.end(), bytes.begin(), bytes.end());
    texts_.push_back(0);
  }

  Language language_;
  u32 code_page_;
  u32 line_ = 0;
  std::vector<TemplateRow> rows_;
  std::vector<u8> texts_;
};

void groups_and_addresses(Dialog& dialog) {
  dialog.page(kMemberOf);
  dialog.list({"Group membership:", "Mitglied der Gruppen:"}, 0x8008000D, ControlType::list_box);
  dialog.page(kAddresses);
  dialog.list(kAddresses, PropTag(tag::PidTagAddressBookProxyAddresses).with_type(PropType::multiple_string8).value,
              ControlType::multi_valued_list_box);
}

void person(Dialog& dialog) {
  dialog.page(kGeneral);
  dialog.fields(kNames);
  dialog.page(kOrganization);
  dialog.list({"Manager:", "Vorgesetzter:"}, tag::PidTagAddressBookManager, ControlType::list_box);
  dialog.list({"Direct reports:", "Mitarbeiter:"}, tag::PidTagAddressBookReports, ControlType::list_box);
  dialog.page(kPhones);
  dialog.fields(kNumbers);
  dialog.note({"Notes:", "Notizen:"}, tag::PidTagComment);
  groups_and_addresses(dialog);
}

void group(Dialog& dialog) {
  dialog.page(kGeneral);
  dialog.fields(kGroupNames);
  dialog.list({"Owner:", "Besitzer:"}, tag::PidTagAddressBookOwner, ControlType::list_box);
  dialog.note({"Notes:", "Notizen:"}, tag::PidTagComment);
  dialog.page(kMembers);
  dialog.list(kMembers, tag::PidTagAddressBookMember, ControlType::list_box);
  groups_and_addresses(dialog);
}

std::string template_dn(std::string_view organization, Language language, std::string_view address_type) {
  return fmt::format("/o={}/cn=Address-Templates/cn={}/cn={}", organization,
                     language == Language::german ? "407" : "409", address_type);
}

std::vector<u8> script_of(std::span<const u32> instructions) {
  nspi::ScriptData script;
  script.instructions = wire::List<u32>::view(instructions);
  wire::OutBuffer out;
  if (!wire::encode(script, out)) return {};
  return {out.view().begin(), out.view().end()};
}

constexpr u32 kLanguageBits = 0x3FF, kGermanLanguage = 7;

}  // namespace

std::optional<Language> template_language(u32 lcid) {
  if (lcid == 0) return Language::english;
  char locale[ULOC_FULLNAME_CAPACITY] = {};
  UErrorCode status = U_ZERO_ERROR;
  uloc_getLocaleForLCID(lcid, locale, sizeof locale, &status);
  if (U_FAILURE(status) || locale[0] == 0) return std::nullopt;
  return (lcid & kLanguageBits) == kGermanLanguage ? Language::german : Language::english;
}

std::vector<u8> details_template(u32 display_type, Language language, u32 code_page) {
  Dialog dialog(language, code_page);
  switch (display_type) {
    case kMailUser:
    case kRemoteMailUser:
      person(dialog);
      break;
    case kDistList:
    case kAgent:
      group(dialog);
      break;
    case kForum:
      dialog.page(kGeneral);
      dialog.fields(kFolderNames);
      dialog.note({"Notes:", "Notizen:"}, tag::PidTagComment);
      groups_and_addresses(dialog);
      break;
    case kSearchDialog:
      dialog.page(kGeneral);
      dialog.fields(kSearch, TemplateRow::kEditable);
      break;
    default:
      return {};
  }
  return dialog.bytes();
}

std::vector<AddressTemplate> address_templates(std::string_view organization, Language language) {
  constexpr Text kInternet{"Internet address", "Internetadresse"}, kExchange{"Exchange address", "Exchange-Adresse"};
  return {{"SMTP", kInternet.in(language), template_dn(organization, language, "SMTP")},
          {"EX", kExchange.in(language), template_dn(organization, language, "EX")}};
}

std::vector<u8> address_template(std::string_view dn, std::string_view organization, u32 code_page) {
  for (Language language : {Language::english, Language::german}) {
    for (const AddressTemplate& known : address_templates(organization, language)) {
      if (!mapi::equal_ignoring_ascii_case(known.dn, dn)) continue;
      Dialog dialog(language, code_page);
      dialog.page(kGeneral);
      dialog.fields(known.address_type == "SMTP" ? std::span<const Field>(kInternetAddress) : kExchangeAddress,
                    TemplateRow::kEditable | TemplateRow::kRequired);
      return dialog.bytes();
    }
  }
  return {};
}

std::vector<u8> address_script() {
  // That something is there, the control itself sees to: it is required.
  constexpr u32 kAddress = PropTag(tag::PidTagEmailAddress).with_type(PropType::string8).value;
  constexpr u32 kInstructions[] = {nspi::ScriptData::kEmitProperty, kAddress, nspi::ScriptData::kHalt};
  return script_of(kInstructions);
}

std::vector<u8> details_script() {
  constexpr u32 kInstructions[] = {nspi::ScriptData::kHalt};
  return script_of(kInstructions);
}

}  // namespace ropewalk::server
