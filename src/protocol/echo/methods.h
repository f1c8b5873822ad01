// rpcecho, the interface that RPC implementations test each other with (Samba's echo.idl tells it).
#pragma once

#include "protocol/dcerpc/interface.h"
#include "protocol/ndr/ndr.h"

namespace ropewalk::echo {

extern const dcerpc::Interface kEcho;

// Opnum 0, both ways: a number, and one more
struct AddOne {
  static constexpr std::string_view kName = "echo_AddOne";
  static constexpr std::string_view kSource = "echo.idl";
  u32 number{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("data", m.number);
  }
};

// Opnums 1 and 2
struct DataIn {
  static constexpr std::string_view kName = "echo_EchoData-in";
  static constexpr std::string_view kSource = "echo.idl";
  ndr::Bytes data;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    std::size_t length = m.data.size();
    n.announced("len", u32{}, length);
    n("in_data", m.data);
    n.expect_length(length, m.data.size());
  }
};
// Opnums 1 and 3
struct DataOut {
  static constexpr std::string_view kName = "echo_EchoData-out";
  static constexpr std::string_view kSource = "echo.idl";
  ndr::Bytes data;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("out_data", m.data);
  }
};
struct NothingOut {
  static constexpr std::string_view kName = "echo_SinkData-out";
  static constexpr std::string_view kSource = "echo.idl";
  static void fields(auto&, auto&) {}
};

// Opnum 4
struct TestCallIn {
  static constexpr std::string_view kName = "echo_TestCall-in";
  static constexpr std::string_view kSource = "echo.idl";
  ndr::WideString text;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("s1", m.text);
  }
};
struct TestCallOut {
  static constexpr std::string_view kName = "echo_TestCall-out";
  static constexpr std::string_view kSource = "echo.idl";
  ndr::Pointer<ndr::WideString> text;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("s2", m.text);
  }
};

// echo_Info: a union of numbers and structures at every alignment.
struct Info {
  static constexpr std::string_view kName = "echo_Info";
  static constexpr std::string_view kSource = "echo.idl";
  u16 level{};
  u8 v8{}, inner8{};
  u16 v16{};
  u32 v32{};
  u64 v64{};
  static void ndr(auto& m, auto& n) {
    n("level", m.level);
    n.union_arm(8);
    switch (m.level) {
      case 1:
        return n("v", m.v8);
      case 2:
        return n("v", m.v16);
      case 3:
        return n("v", m.v32);
      case 4:
        n.align({8, 8});
        return n("v", m.v64);
      case 5:
      case 7:
        n.align({8, 8});
        n("v1", m.v8);
        n.align({8, 8});
        return n("v2", m.v64);
      case 6:
        n("v1", m.v8);
        return n("info1", m.inner8);
      default:
        n.fail("a level that echo_Info does not have");
    }
  }
  static constexpr ndr::Alignment kAlignment = {2, 8};
};

// Opnum 5
struct TestCall2In {
  static constexpr std::string_view kName = "echo_TestCall2-in";
  static constexpr std::string_view kSource = "echo.idl";
  u16 level{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("level", m.level);
  }
};
struct TestCall2Out {
  static constexpr std::string_view kName = "echo_TestCall2-out";
  static constexpr std::string_view kSource = "echo.idl";
  Info info;
  u32 status{};  // an NTSTATUS
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("info", m.info);
    n("return", m.status);
  }
};

// Opnum 6, both ways: seconds to sleep, and how many it slept
struct TestSleep {
  static constexpr std::string_view kName = "echo_TestSleep";
  static constexpr std::string_view kSource = "echo.idl";
  u32 seconds{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("seconds", m.seconds);
  }
};

// Opnum 7, both ways
struct TestEnum {
  static constexpr std::string_view kName = "echo_TestEnum";
  static constexpr std::string_view kSource = "echo.idl";
  struct Enum2 {
    static constexpr std::string_view kName = "echo_Enum2";
    static constexpr ndr::Alignment kAlignment = {4, 4};
    u16 e1{};
    u32 e2{};
    static void ndr(auto& m, auto& n) {
      n.short_enum("e1", m.e1);
      n("e2", m.e2);
    }
  };
  u16 foo1{};
  Enum2 foo2;
  u16 tag{};  // of the union foo3
  u16 e1{};
  Enum2 e2;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n.short_enum("foo1", m.foo1);
    n("foo2", m.foo2);
    n("foo3", m.tag);
    n.union_arm(4);
    if (m.tag == 1)
      n.short_enum("e1", m.e1);
    else if (m.tag == 2)
      n("e2", m.e2);
    else
      n.fail("a value that echo_Enum3 does not have");
  }
};

// Opnum 8, both ways: a structure that ends in a conformant array
struct Surrounding {
  static constexpr std::string_view kName = "echo_Surrounding";
  static constexpr std::string_view kSource = "echo.idl";
  static constexpr ndr::Alignment kAlignment = {4, 4};
  wire::List<u16> surrounding;
  static void conformance(auto& m, auto& n) { n.count("max_count", m.surrounding); }
  static void ndr(auto& m, auto& n) {
    n.length_of("x", u32{}, m.surrounding.size());
    n.elements("surrounding", m.surrounding);
  }
};
struct TestSurrounding {
  static constexpr std::string_view kName = "echo_TestSurrounding";
  static constexpr std::string_view kSource = "echo.idl";
  Surrounding data;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("data", m.data);
  }
};

// Opnum 9: a pointer to a pointer (the outermost one is a reference)
struct TestDoublePointerIn {
  static constexpr std::string_view kName = "echo_TestDoublePointer-in";
  static constexpr std::string_view kSource = "echo.idl";
  ndr::Pointer<ndr::Pointer<u16>> data;
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("data", m.data);
  }
};
struct TestDoublePointerOut {
  static constexpr std::string_view kName = "echo_TestDoublePointer-out";
  static constexpr std::string_view kSource = "echo.idl";
  u16 value{};
  static void fields(auto& m, auto& v) {
    ndr::Ndr n(v);
    n("return", m.value);
  }
};

}  // namespace ropewalk::echo
