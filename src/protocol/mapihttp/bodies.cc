#include "protocol/mapihttp/bodies.h"

#include "protocol/rop/rop_buffer.h"

namespace ropewalk::mapihttp {

const emsmdb::PayloadIs kRopInput{&wire::struct_info<rop::InputBuffer>};
const emsmdb::PayloadIs kRopOutput{&wire::struct_info<rop::OutputBuffer>};

}  // namespace ropewalk::mapihttp
