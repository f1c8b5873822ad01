// The families of ROPs that the server executes, one table each; dispatch.cc joins them.
#pragma once

#include <span>

#include "server/rop_context.h"

namespace ropewalk::server {

std::span<const HandlerRow> logon_handlers();
std::span<const HandlerRow> folder_handlers();
std::span<const HandlerRow> folder_content_handlers();
std::span<const HandlerRow> table_handlers();
std::span<const HandlerRow> bookmark_handlers();
std::span<const HandlerRow> message_handlers();
std::span<const HandlerRow> recipient_handlers();
std::span<const HandlerRow> attachment_handlers();
std::span<const HandlerRow> property_handlers();
std::span<const HandlerRow> named_property_handlers();
std::span<const HandlerRow> stream_handlers();
std::span<const HandlerRow> notification_handlers();

}  // namespace ropewalk::server
