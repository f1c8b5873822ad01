#include "protocol/echo/methods.h"
#include "wire/describe.h"

namespace ropewalk::echo {
namespace {

using wire::struct_info;

constexpr dcerpc::Method kMethods[] = {
    {0, "echo_AddOne", AddOne::kSource, &struct_info<AddOne>, &struct_info<AddOne>},
    {1, "echo_EchoData", AddOne::kSource, &struct_info<DataIn>, &struct_info<DataOut>},
    {2, "echo_SinkData", AddOne::kSource, &struct_info<DataIn>, &struct_info<NothingOut>},
    {3, "echo_SourceData", AddOne::kSource, &struct_info<AddOne>, &struct_info<DataOut>},
    {4, "echo_TestCall", AddOne::kSource, &struct_info<TestCallIn>, &struct_info<TestCallOut>},
    {5, "echo_TestCall2", AddOne::kSource, &struct_info<TestCall2In>, &struct_info<TestCall2Out>},
    {6, "echo_TestSleep", AddOne::kSource, &struct_info<TestSleep>, &struct_info<TestSleep>},
    {7, "echo_TestEnum", AddOne::kSource, &struct_info<TestEnum>, &struct_info<TestEnum>},
    {8, "echo_TestSurrounding", AddOne::kSource, &struct_info<TestSurrounding>, &struct_info<TestSurrounding>},
    {9, "echo_TestDoublePointer", AddOne::kSource, &struct_info<TestDoublePointerIn>,
     &struct_info<TestDoublePointerOut>},
};

}  // namespace

constexpr dcerpc::Interface kEcho{"rpcecho", dcerpc::syntax(guid_literal("60a15ec5-4de8-11d7-a637-005056a20182"), 1),
                                  kMethods};

}  // namespace ropewalk::echo
