// Property ROPs: [MS-OXCPRPT].
#include "client/exchange/exchange_objects.h"
#include "protocol/rop/oxcprpt.h"

namespace ropewalk::client::exchange {

using mapi::ErrorCode;
using mapi::Property;
using mapi::PropertyBag;

namespace {

constexpr u16 kSmallValue = 4096;  // what a value may take where all of them did not fit at once
constexpr std::size_t kTagsAtOnce = 100;
constexpr std::size_t kSetAtOnce = 24u << 10;

void add_row(PropertyBag& bag, const mapi::PropertyRow& row) {
  for (const mapi::PropertyCell& cell : row.cells)
    hand_on(cell, [&](PropTag tag, const mapi::Value& value) { bag.set(tag, value); });
}

Outcome<void> get_some(const ServerObject& object, std::span<const PropTag> tags, u16 limit, PropertyBag& bag) {
  Batch batch;
  rop::GetPropertiesSpecificRequest request;
  request.input_handle_index = batch.place(object.handle());
  request.property_size_limit = limit;
  request.want_unicode = 1;
  request.property_tags = wire::List<PropTag>::view(tags);
  rop::GetPropertiesSpecificResponse response;
  batch.add(request, response, tags);
  ROPEWALK_CHECK(object.session().execute(batch));
  ROPEWALK_ROP_CHECK("cannot read properties", response);
  add_row(bag, response.row);
  return {};
}

bool did_not_fit(const Failure& failed) {
  return failed.code == ErrorCode::buffer_too_small || failed.code == ErrorCode::mapi_oom;
}

// Bytes that a value takes in a request, more or less.
std::size_t weight(const Property& property) {
  auto type = property.tag.type();
  if (mapi::is_multiple(type)) {
    std::size_t sum = 16;
    for (const mapi::Value& item : property.value.items)
      sum += weight({property.tag.with_type(mapi::base_type(type)), item});
    return sum;
  }
  return 16 + (mapi::fixed_width(type) == 0 ? property.value.bytes.size() : 0);
}

Outcome<void> set_some(const ServerObject& object, std::span<const Property> properties) {
  std::vector<mapi::TaggedPropertyValue> values;
  for (const Property& property : properties) values.push_back({property});
  Batch batch;
  rop::SetPropertiesRequest request;
  request.input_handle_index = batch.place(object.handle());
  request.property_values = wire::List<mapi::TaggedPropertyValue>(std::span(values));
  rop::SetPropertiesResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(object.session().execute(batch));
  ROPEWALK_ROP_CHECK("cannot set properties", response);
  for (const mapi::PropertyProblem& problem : response.property_problems)
    if (problem.error != ErrorCode::computed) return failure(problem.error, "cannot set " + problem.tag.to_string());
  return {};
}

Outcome<std::vector<PropTag>> list_tags(const ServerObject& object) {
  Batch batch;
  rop::GetPropertiesListRequest request;
  request.input_handle_index = batch.place(object.handle());
  rop::GetPropertiesListResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(object.session().execute(batch));
  ROPEWALK_ROP_CHECK("cannot list properties", response);
  return std::vector<PropTag>(response.property_tags.begin(), response.property_tags.end());
}

}  // namespace

Outcome<PropertyBag> get_properties(const ServerObject& object, std::span<const PropTag> tags) {
  PropertyBag bag;
  for (std::size_t at = 0; at < tags.size(); at += kTagsAtOnce) {
    auto some = tags.subspan(at, std::min(kTagsAtOnce, tags.size() - at));
    auto done = get_some(object, some, 0, bag);
    if (!done.ok() && did_not_fit(done.error())) done = get_some(object, some, kSmallValue, bag);
    if (!done.ok() && did_not_fit(done.error()))
      for (PropTag tag : some) {
        const PropTag one[] = {tag};
        ROPEWALK_CHECK(get_some(object, one, kSmallValue, bag));
      }
    else if (!done.ok())
      return std::move(done).error();
  }
  return bag;
}

Outcome<PropertyBag> get_all_properties(const ServerObject& object) {
  Batch batch;
  rop::GetPropertiesAllRequest request;
  request.input_handle_index = batch.place(object.handle());
  request.property_size_limit = kSmallValue;
  request.want_unicode = 1;
  rop::GetPropertiesAllResponse response;
  batch.add(request, response);
  auto done = object.session().execute(batch);
  bool fits = done.ok() && response.ok();
  if (!done.ok() && !did_not_fit(done.error())) return std::move(done).error();
  if (done.ok() && !response.ok() && response.return_value != ErrorCode::mapi_oom &&
      response.return_value != ErrorCode::buffer_too_small)
    return rop_failure("cannot read all properties", response);
  if (!fits) {
    ROPEWALK_TRY(auto tags, list_tags(object));
    return get_properties(object, tags);
  }
  PropertyBag bag;
  for (const mapi::TaggedPropertyValue& property : response.property_values) bag.set(property.tag, property.value);
  return bag;
}

Outcome<void> set_properties(const ServerObject& object, std::span<const Property> properties) {
  std::size_t from = 0, sum = 0;
  for (std::size_t i = 0; i < properties.size(); ++i) {
    std::size_t size = weight(properties[i]);
    if (i > from && sum + size > kSetAtOnce) {
      ROPEWALK_CHECK(set_some(object, properties.subspan(from, i - from)));
      from = i;
      sum = 0;
    }
    sum += size;
  }
  if (from < properties.size()) return set_some(object, properties.subspan(from));
  return {};
}

Outcome<void> remove_properties(const ServerObject& object, std::span<const PropTag> tags) {
  Batch batch;
  rop::DeletePropertiesRequest request;
  request.input_handle_index = batch.place(object.handle());
  request.property_tags = wire::List<PropTag>::view(tags);
  rop::DeletePropertiesResponse response;
  batch.add(request, response);
  ROPEWALK_CHECK(object.session().execute(batch));
  ROPEWALK_ROP_CHECK("cannot remove properties", response);
  for (const mapi::PropertyProblem& problem : response.property_problems)
    return failure(problem.error, "cannot remove " + problem.tag.to_string());
  return {};
}

}  // namespace ropewalk::client::exchange
