// Documents that travel over HTTP as text: autodiscover's and the offline address book's manifest (XML), and
// autodiscover's JSON. Read by the reader that server and client use.
#pragma once

#include "dissect/tree_parts.h"
#include "wire/field_list.h"

namespace ropewalk::dissect {

// The elements of an XML document, each with its attributes and its text, unknown ones too. An element begins at its
// "<"; what follows up to the next element, end tags among it, counts to it. nullopt where it is no XML document.
std::optional<Part> read_xml(ByteView document);
// The members of an autodiscover answer in JSON; nullopt where it is none.
std::optional<Part> read_autodiscover_json(ByteView document);

// The fields that the descriptions of these documents have.
std::vector<wire::FieldInfo> document_fields();

// What an autodiscover message says in a few words, and the error it tells (0: none). Both empty where it is none.
struct AutodiscoverWords {
  std::string detail;  // `for "user1@ropewalk.test"`; "mapiHttp, EXCH, EXPR"; "redirects to ..."
  std::string result;  // "ErrorCode 500: ..."
  u32 error = 0;
};
AutodiscoverWords autodiscover_words(ByteView document, bool is_response);

}  // namespace ropewalk::dissect
