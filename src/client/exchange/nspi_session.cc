#include "client/exchange/nspi_session.h"

namespace ropewalk::client::exchange {

Outcome<std::unique_ptr<NspiSession>> NspiSession::open(const ChannelOptions& options) {
  return options.carrier == Carrier::http ? open_nspi_over_http(options) : open_nspi_over_rpc(options);
}

nspi::Stat NspiSession::first() const {
  nspi::Stat stat;
  stat.code_page = code_page_;
  stat.template_locale = stat.sort_locale = lcid_;
  return stat;
}

mapi::PropertyBag bag_of(std::span<const mapi::Property> row) {
  mapi::PropertyBag bag;
  for (const mapi::Property& property : row)
    if (property.tag.type() != mapi::PropType::error_code) bag.set(property.tag, property.value);
  return bag;
}

std::vector<u8> template_data_of(std::span<const mapi::Property> row) {
  const mapi::Property* data = find_value(row, mapi::tag::PidTagTemplateData);
  return data == nullptr ? std::vector<u8>() : std::vector<u8>(data->value.bytes.begin(), data->value.bytes.end());
}

bool add_row(std::span<const mapi::Property> row, Rows& rows) {
  if (row.size() != rows.columns().size()) return false;
  for (std::size_t i = 0; i < row.size(); ++i) {
    const mapi::PropTag column = rows.columns()[i];
    if (row[i].tag.type() == mapi::PropType::error_code && column.type() != mapi::PropType::error_code)
      rows.add_error(column, static_cast<mapi::ErrorCode>(row[i].value.number));
    else
      rows.add(row[i].tag, row[i].value);
  }
  return true;
}

}  // namespace ropewalk::client::exchange
