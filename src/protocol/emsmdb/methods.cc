#include "protocol/emsmdb/methods.h"

#include "protocol/rop/rop_buffer.h"

namespace ropewalk::emsmdb {
namespace detail {

const wire::StructInfo& kLegacyRopInput = wire::struct_info<rop::InputBuffer>;
const wire::StructInfo& kLegacyRopOutput = wire::struct_info<rop::OutputBuffer>;

ByteView without_magic(ByteView bytes, Arena& arena) {
  auto plain = arena.make<u8>(bytes.size());
  for (std::size_t i = 0; i < plain.size(); ++i) plain[i] = bytes[i] ^ 0xA5;
  return plain;
}

}  // namespace detail

namespace {

using wire::struct_info;

template <class In, class Out>
constexpr dcerpc::Method method(u16 opnum, std::string_view name) {
  return {opnum, name, In::kSource, &struct_info<In>, &struct_info<Out>};
}

constexpr dcerpc::Method kMethods[] = {
    method<EcDoConnectIn, EcDoConnectOut>(0, "EcDoConnect"),
    method<EcDoDisconnectIn, EcDoDisconnectOut>(1, "EcDoDisconnect"),
    method<EcDoRpcIn, EcDoRpcOut>(2, "EcDoRpc"),
    method<EcRRegisterPushNotificationIn, EcRRegisterPushNotificationOut>(4, "EcRRegisterPushNotification"),
    method<EcDummyRpcIn, EcDummyRpcOut>(6, "EcDummyRpc"),
    method<EcDoConnectExIn, EcDoConnectExOut>(10, "EcDoConnectEx"),
    method<EcDoRpcExt2In, EcDoRpcExt2Out>(11, "EcDoRpcExt2"),
    method<EcDoAsyncConnectExIn, EcDoAsyncConnectExOut>(14, "EcDoAsyncConnectEx"),
};
constexpr dcerpc::Method kAsyncMethods[] = {
    method<EcDoAsyncWaitExIn, EcDoAsyncWaitExOut>(0, "EcDoAsyncWaitEx"),
};

}  // namespace

// [MS-OXCRPC] 1.9
constexpr dcerpc::Interface kEmsmdb{
    "EMSMDB", dcerpc::syntax(guid_literal("a4f1db00-ca47-1067-b31f-00dd010662da"), 0, 81), kMethods};
constexpr dcerpc::Interface kAsyncEmsmdb{
    "AsyncEMSMDB", dcerpc::syntax(guid_literal("5261574a-4572-206e-b268-6b199213b4e4"), 0, 1), kAsyncMethods};

}  // namespace ropewalk::emsmdb
