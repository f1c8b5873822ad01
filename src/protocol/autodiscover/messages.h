// Requests and answers of autodiscover, plain old XML: [MS-OXDSCLI] 2.2.3, 2.2.4. Written by the server, read by the
// client; what others say beyond this is passed over.
#pragma once

#include "protocol/xml/describe.h"

namespace ropewalk::autodiscover {

inline constexpr std::string_view kPath = "/autodiscover/autodiscover.xml";
inline constexpr std::string_view kJsonPath = "/autodiscover/autodiscover.json";
inline constexpr std::string_view kMapiHttpCapability = "X-MapiHttpCapability";  // [MS-OXDSCLI] 2.2.2.1
inline constexpr std::string_view kClientCanHandle = "X-ClientCanHandle";        // [MS-OXDSCLI] 2.2.2.2

inline constexpr std::string_view kRequestSchema =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/requestschema/2006";
inline constexpr std::string_view kResponseSchema =
    "http://schemas.microsoft.com/exchange/autodiscover/responseschema/2006";
inline constexpr std::string_view kOutlookResponseSchema =
    "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a";

// [MS-OXDSCLI] 2.2.3.1.1
struct RequestPart {
  std::string email_address, legacy_dn, acceptable_response_schema;
  static void fields(auto& m, auto& x) {
    x("EMailAddress", m.email_address);
    x("LegacyDN", m.legacy_dn);
    x("AcceptableResponseSchema", m.acceptable_response_schema);
  }
};
// [MS-OXDSCLI] 2.2.3.1
struct Request {
  static constexpr std::string_view kName = "Autodiscover";
  std::string xmlns{kRequestSchema};
  std::optional<RequestPart> request{};
  static void fields(auto& m, auto& x) {
    x.attribute("xmlns", m.xmlns);
    x("Request", m.request);
  }
};

// [MS-OXDSCLI] 2.2.4.1.1.1
struct User {
  std::string display_name, legacy_dn, address, deployment_id;
  static void fields(auto& m, auto& x) {
    x("DisplayName", m.display_name);
    x("LegacyDN", m.legacy_dn);
    x("AutoDiscoverSMTPAddress", m.address);
    x("DeploymentId", m.deployment_id);
  }
};

// MailStore and AddressBook: [MS-OXDSCLI] 2.2.4.1.1.2.6.29, 2.2.4.1.1.2.6.3
struct Urls {
  std::string internal, external;
  static void fields(auto& m, auto& x) {
    x("InternalUrl", m.internal);
    x("ExternalUrl", m.external);
  }
};

// [MS-OXDSCLI] 2.2.4.1.1.2.6. MAPI over HTTP says what it is by attributes, the older blocks by an element.
struct Protocol {
  std::string type_attribute, version_attribute;
  std::string type, ttl, server, server_dn, server_version, mdb_dn, ssl, auth_package, cert_principal_name;
  std::string server_exclusive_connect, oab_url;
  std::optional<Urls> mail_store{}, address_book{};
  static void fields(auto& m, auto& x) {
    x.attribute("Type", m.type_attribute);
    x.attribute("Version", m.version_attribute);
    x("Type", m.type);
    x("TTL", m.ttl);
    x("Server", m.server);
    x("ServerDN", m.server_dn);
    x("ServerVersion", m.server_version);
    x("MdbDN", m.mdb_dn);
    x("SSL", m.ssl);
    x("AuthPackage", m.auth_package);
    x("CertPrincipalName", m.cert_principal_name);
    x("ServerExclusiveConnect", m.server_exclusive_connect);
    x("OABUrl", m.oab_url);
    x("MailStore", m.mail_store);
    x("AddressBook", m.address_book);
  }
  bool is_mapi_http() const { return type_attribute == "mapiHttp"; }
};

// [MS-OXDSCLI] 2.2.4.1.1.2.5
struct AlternativeMailbox {
  std::string type, display_name, legacy_dn, server, address, owner_address;
  static void fields(auto& m, auto& x) {
    x("Type", m.type);
    x("DisplayName", m.display_name);
    x("LegacyDN", m.legacy_dn);
    x("Server", m.server);
    x("SmtpAddress", m.address);
    x("OwnerSmtpAddress", m.owner_address);
  }
};

struct PublicFolderInformation {
  std::string address;
  static void fields(auto& m, auto& x) { x("SmtpAddress", m.address); }
};

// [MS-OXDSCLI] 2.2.4.1.1.2
struct Account {
  std::string account_type, action, microsoft_online, consumer_mailbox, redirect_address, redirect_url;
  std::vector<Protocol> protocols{};
  std::vector<AlternativeMailbox> alternatives{};
  std::optional<PublicFolderInformation> public_folders{};
  static void fields(auto& m, auto& x) {
    x("AccountType", m.account_type);
    x("Action", m.action);
    x("MicrosoftOnline", m.microsoft_online);
    x("ConsumerMailbox", m.consumer_mailbox);
    x("RedirectAddr", m.redirect_address);
    x("RedirectUrl", m.redirect_url);
    x.each("Protocol", m.protocols);
    x.each("AlternativeMailbox", m.alternatives);
    x("PublicFolderInformation", m.public_folders);
  }
};

// [MS-OXDSCLI] 2.2.4.1.1.3.2
enum class ErrorCode : u16 {
  address_not_found = 500,
  address_without_configuration = 501,
  invalid_request = 600,
  no_such_schema = 601,
  bad_configuration = 602,
  internal_error = 603,
};
// "The email address cannot be found", ...
std::string_view meaning(ErrorCode code);

// [MS-OXDSCLI] 2.2.4.1.1.3
struct Failure {
  std::string time, id;  // "16:56:32.6164027", and a number for the server
  std::string code, message;
  std::optional<std::string> debug_data{};
  static void fields(auto& m, auto& x) {
    x.attribute("Time", m.time);
    x.attribute("Id", m.id);
    x("ErrorCode", m.code);
    x("Message", m.message);
    x("DebugData", m.debug_data);
  }
};

// [MS-OXDSCLI] 2.2.4.1.1
struct ResponsePart {
  std::string xmlns{};
  std::optional<Failure> failure{};
  std::optional<User> user{};
  std::optional<Account> account{};
  static void fields(auto& m, auto& x) {
    x.attribute("xmlns", m.xmlns);
    x("Error", m.failure);
    x("User", m.user);
    x("Account", m.account);
  }
};
// [MS-OXDSCLI] 2.2.4.1
struct Response {
  static constexpr std::string_view kName = "Autodiscover";
  std::string xmlns{kResponseSchema};
  std::optional<ResponsePart> response{};
  static void fields(auto& m, auto& x) {
    x.attribute("xmlns", m.xmlns);
    x("Response", m.response);
  }

  static Response of(User user, Account account);
  // `seconds`: of the day, for the Time attribute.
  static Response of(ErrorCode code, double seconds, u32 server_id);
};

// More than any message of these has.
inline constexpr xml::Bounds kRequestBounds{64 << 10, 16, 100};
inline constexpr xml::Bounds kResponseBounds{1 << 20, 16, 5000};

// An answer of version 2 ([MS-OXDISCO] knows nothing of it): where to ask on, or why not.
struct JsonAnswer {
  std::string protocol, url;        // "AutodiscoverV1"
  std::string error_code, message;  // instead of those

  std::string to_json() const;
  static Result<JsonAnswer> parse(std::string_view json);
};

}  // namespace ropewalk::autodiscover
