"""Puts captured RPC over TCP into the channels of RPC over HTTP v2 ([MS-RPCH]), as another capture file."""
import os
import struct
import uuid

CLIENT, SERVER, HTTP = bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]), 80
GIBIBYTE = 1 << 30
SYN, PSH, ACK = 0x02, 0x08, 0x10
VERSION, WINDOW, TIMEOUT, COOKIE, LIFETIME, KEEPALIVE, GROUP = 6, 0, 2, 3, 4, 5, 12


def rts(*commands):
    """An RTS PDU of numbers and cookies: [MS-RPCH] 2.2.3.6."""
    body = b''.join(struct.pack('<I', kind) + (value if isinstance(value, bytes) else struct.pack('<I', value))
                    for kind, value in commands)
    return struct.pack('<BBBB4sHHIHH', 5, 0, 20, 3, b'\x10\0\0\0', 20 + len(body), 0, 0, 0, len(commands)) + body


class Connection:
    """One TCP connection to the HTTP port, written packet by packet as raw IPv4."""

    def __init__(self, file, port):
        self.file, self.port, self.sent = file, port, [1000, 5000]
        for way, flags in ((0, SYN), (1, SYN | ACK), (0, ACK)):
            self.packet(0.0, way, flags, b'')
            self.sent[way] += 1 if flags & SYN else 0

    def packet(self, time, way, flags, data):
        ports = (self.port, HTTP) if way == 0 else (HTTP, self.port)
        addresses = CLIENT + SERVER if way == 0 else SERVER + CLIENT
        acknowledged = self.sent[1 - way] if flags & ACK else 0
        tcp = struct.pack('>HHIIBBHHH', *ports, self.sent[way], acknowledged, 0x50, flags, 65535, 0, 0)
        ip = struct.pack('>BBHHHBBH', 0x45, 0, 40 + len(data), 0, 0, 64, 6, 0) + addresses
        whole = ip + tcp + data
        seconds = int(time)
        self.file.write(struct.pack('<IIII', seconds, int((time - seconds) * 1e6), len(whole), len(whole)) + whole)

    def send(self, time, way, data, pieces=1):
        size = -(-len(data) // pieces)
        for at in range(0, len(data), size):
            self.packet(time, way, PSH | ACK, data[at:at + size])
            self.sent[way] += len(data[at:at + size])


def head(verb, length):
    return (f'{verb} /rpc/rpcproxy.dll?server.ropewalk.test:6001 HTTP/1.1\r\nHost: server.ropewalk.test\r\n'
            f'Accept: application/rpc\r\nUser-Agent: MSRPC\r\nContent-Length: {length}\r\n\r\n').encode()


class Tunnel:
    """An IN and an OUT channel with the packets that open them."""

    def __init__(self, file, number):
        cookies = [uuid.UUID(int=number * 16 + i + 1).bytes_le for i in range(4)]
        self.into, self.out = Connection(file, 40000 + 2 * number), Connection(file, 40001 + 2 * number)
        a1 = rts((VERSION, 1), (COOKIE, cookies[0]), (COOKIE, cookies[1]), (WINDOW, 65536))
        self.out.send(0.1, 0, head('RPC_OUT_DATA', len(a1)) + a1)
        b1 = rts((VERSION, 1), (COOKIE, cookies[0]), (COOKIE, cookies[2]), (LIFETIME, GIBIBYTE), (KEEPALIVE, 300000),
                 (GROUP, cookies[3]))
        self.into.send(0.2, 0, head('RPC_IN_DATA', GIBIBYTE) + b1, pieces=2)
        success = b'HTTP/1.1 200 Success\r\nContent-Type: application/rpc\r\nContent-Length: 1073741824\r\n\r\n'
        self.out.send(0.3, 1, success + rts((TIMEOUT, 120000)), pieces=3)
        self.out.send(0.4, 1, rts((VERSION, 1), (WINDOW, 65536), (TIMEOUT, 120000)))


def tunnelled(tshark, source, port, target):
    """Every TCP connection of `source` to that port, as a virtual connection of its own; some PDUs in several segments."""
    lines = tshark.run('-r', source, '-Y', f'tcp.port == {port} and tcp.len > 0 and not tcp.analysis.retransmission', '-T', 'fields', '-e', 'tcp.stream',
                       '-e', 'tcp.dstport', '-e', 'tcp.payload').splitlines()
    assert lines, 'no RPC over TCP was captured'
    tunnels, time = {}, 1.0
    with open(target, 'wb') as file:
        file.write(struct.pack('<IHHiIII', 0xA1B2C3D4, 2, 4, 0, 0, 262144, 101))
        for line in lines:
            stream, to, payload = line.split('\t')
            tunnel = tunnels.setdefault(stream, None) or Tunnel(file, len(tunnels))
            tunnels[stream] = tunnel
            data, time = bytes.fromhex(payload.replace(':', '')), time + 0.001
            pieces = 3 if len(data) > 400 else 1
            if int(to) == port:
                tunnel.into.send(time, 0, data, pieces)
            else:
                tunnel.out.send(time, 1, data, pieces)
    os.chmod(target, 0o644)
