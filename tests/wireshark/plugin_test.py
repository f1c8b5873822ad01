"""The plugin in tshark: over captures of others and over the program's own traffic, beside what `ropewalk dissect` says.

usage: plugin_test.py PROGRAM PLUGINS SHARED, where PLUGINS holds 4.0/epan/ropewalk.so
"""
import email
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import trees
from rpc_over_http import tunnelled
from traffic import USER, Capture, Server, Tshark, skip

PROGRAM, PLUGINS, SHARED = sys.argv[1:4]
SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MAIL = [os.path.join(SOURCE, 'examples/mail', name) for name in ('04-text-attachments.eml', '06-inline-images.eml')]
NOT_FOUND = 0x8004010F
AT_ONCE = 8
OWN = {'mapi.rop', 'mapi.error', 'mapi.operation', 'mapi.session'}


class Plugin(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='ropewalk-wireshark-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.tshark = Tshark(PLUGINS, cls.folder)
        cls.own = os.path.join(cls.folder, 'own.pcapng')
        cls.book = os.path.join(cls.folder, 'book.pcapng')
        server = Server(PROGRAM, cls.folder)
        capture = Capture(cls.own, [server.ports['http'], server.ports['rpc'], server.ports['mapper']])
        for transport in ('http', 'rpc'):
            server.command(transport, 'put', *MAIL)
            server.command(transport, 'folders')
            server.command(transport, 'messages')
            server.command(transport, 'show', '1')
            server.run(['show', '1-FFFF'] + server.url(transport) + server.user(), check=False)
        capture.stop()
        capture = Capture(cls.book, [server.ports['http'], server.ports['rpc'], server.ports['mapper']])
        for transport in ('http', 'rpc'):
            server.command(transport, 'gal')
            server.command(transport, 'gal', '--list', 'All Users')
            server.command(transport, 'resolve', 'user1')
            server.command(transport, 'card', USER)
        capture.stop()
        server.stop()
        cls.own_ports = server.ports
        cls.tunnelled = os.path.join(cls.folder, 'tunnelled.pcap')
        tunnelled(cls.tshark, cls.own, server.ports['rpc'], cls.tunnelled)
        cls.tunnelled_book = os.path.join(cls.folder, 'tunnelled-book.pcap')
        tunnelled(cls.tshark, cls.book, server.ports['rpc'], cls.tunnelled_book)

    def operations(self, path, layers=('EMSMDB', 'AsyncEMSMDB', 'MAPIHTTP')):
        """What `ropewalk dissect` says of MAPI in a capture."""
        ran = subprocess.run([PROGRAM, 'dissect', path, '--json'], capture_output=True, text=True, timeout=120)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        every = json.loads(ran.stdout) if ran.stdout.startswith('[') else [json.loads(x) for x in ran.stdout.splitlines()]
        return [x for x in every if x.get('layer') in layers]

    def fields(self, path, display_filter, *names, passes=()):
        arguments = ['-r', path, *passes, '-Y', display_filter, '-T', 'fields']
        for name in names:
            arguments += ['-e', name]
        return [line.split('\t') for line in self.tshark.run(*arguments).splitlines()]

    def shared(self, name):
        path = os.path.join(SHARED, 'captures', name)
        if not os.path.exists(path):
            self.skipTest('no reference capture ' + name)
        return path

    # ---- foreign traffic ----

    def test_every_call_of_a_real_capture_names_its_rops(self):
        path = self.shared('zeek-mapi.pcap')
        kinds = Counter()
        for kind, rops in self.fields(path, 'mapi.operation == "EcDoRpc"', 'dcerpc.pkt_type', 'mapi.rop'):
            self.assertTrue(rops or kind == '2')  # nothing answers RopRelease
            kinds[kind] += 1
        self.assertEqual(kinds, {'0': 165, '2': 163})
        self.assertEqual(self.tshark.run('-r', path, '-Y', '_ws.malformed or mapi.expert.malformed'), '')

    def test_a_real_capture_says_the_same_as_the_dissector(self):
        self.compare(self.shared('zeek-mapi.pcap'))

    def test_responses_and_requests_know_each_other(self):
        path = self.shared('zeek-mapi.pcap')
        pairs = self.fields(path, 'mapi.response_to', 'frame.number', 'mapi.response_to', 'mapi.time', passes=['-2'])
        back = dict(self.fields(path, 'mapi.response_in', 'frame.number', 'mapi.response_in', passes=['-2']))
        self.assertGreater(len(pairs), 160)
        for response, request, seconds in pairs:
            self.assertEqual(back[request], response)
            self.assertGreater(float(seconds), 0)

    # ---- own traffic ----

    def compare(self, path):
        """Every ROP, and every field of every tree, has the same value in both tools."""
        operations = self.operations(path)
        self.assertGreater(len(operations), 50)
        frames = trees.pdml_packets(self.tshark.run('-r', path, '-Y', 'mapi', '-T', 'pdml'))
        rops, compared = {}, 0
        for frame, fields in frames.items():
            rops[frame] = Counter(next(iter(forms)) for name, forms in fields if name == 'mapi.rop')
        seen = Counter()
        for operation in operations:
            frame = operation['frame']
            self.assertIn(frame, frames, f'{operation["name"]} is not shown')
            seen[frame] += 1
            for rop in operation.get('rops', []):
                self.assertGreater(rops[frame][rop['name']], 0, f'frame {frame} lacks {rop["name"]}')
                rops[frame][rop['name']] -= 1
            compared += self.compare_fields(operation, frames[frame])
        self.assertEqual([frame for frame in frames if sum(rops[frame].values()) != 0], [])
        self.assertGreater(compared, 1000)

    def compare_fields(self, operation, fields, is_root=lambda kind: kind in ('RopInputBuffer', 'RopOutputBuffer')):
        compared = 0
        for root in trees.find(operation['tree'], is_root):
            for structure, name, kind, value in trees.leaves(root):
                if value == '' and kind == 'bytes' or kind == 'FILETIME':
                    continue
                base = f'mapi.{trees.filter_name(structure)}.{re.sub("[^A-Za-z0-9]", "_", name)}'
                wanted = value.lower() if kind == 'bytes' else trees.one_line(value) if isinstance(value, str) else value
                found = next((field for field in fields if wanted in field[1] and
                              (field[0].startswith(base) or field[0].startswith(('mapi.Pid', 'mapi.value')))), None)
                self.assertIsNotNone(found, f'frame {operation["frame"]}: {base} is not {value!r}')
                fields.remove(found)
                compared += 1
        return compared

    def test_own_traffic_says_the_same_as_the_dissector(self):
        self.compare(self.own)

    # ---- the address book ----

    def test_the_address_book_says_the_same_as_the_dissector(self):
        operations = [x for x in self.operations(self.book, ('NSPI', 'RFR', 'MAPIHTTP')) if x['name'].startswith('Nspi')]
        self.assertGreater(len({x['name'] for x in operations if x['layer'] == 'NSPI'}), 6)
        self.assertGreater(len({x['name'] for x in operations if x['layer'] == 'MAPIHTTP'}), 6)
        frames = trees.pdml_packets(self.tshark.run('-r', self.book, '-Y', 'mapi or nspi', '-T', 'pdml'))
        compared = 0
        for operation in operations:
            self.assertIn(operation['frame'], frames, f'{operation["name"]} is not shown')
            compared += self.compare_fields(operation, frames[operation['frame']],
                                            lambda kind: re.fullmatch(r'Nspi\w+(-in|-out|RequestBody|ResponseBody)', kind))
        self.assertGreater(compared, 1000)

    def test_nothing_of_the_address_book_is_malformed_or_left_over(self):
        for path in (self.book, self.tunnelled_book):
            wrong = '_ws.malformed or mapi.expert.malformed or mapi.expert.undecoded or dcerpc.cn_ctx_id.no_bind'
            self.assertEqual(self.tshark.run('-r', path, '-Y', wrong), '')
            self.assertEqual(self.tshark.run('-r', path, '-Y', 'mapi.expert.unmatched'), '')

    def test_filters_find_the_address_book(self):
        found = self.fields(self.book, 'mapi.PidTagDisplayName == "user1"', 'mapi.interface')
        self.assertEqual({layer for layer, in found}, {'NSPI', 'MAPIHTTP'})
        for name in ('mapi.STAT.CodePage == 1252', 'mapi.NspiQueryRows', 'mapi.NspiGetSpecialTable'):
            found = {layer for layer, in self.fields(self.book, name, 'mapi.interface')}
            self.assertEqual(found, {'NSPI', 'MAPIHTTP'}, name)

    def test_the_address_book_has_names(self):
        shown = self.tshark.run('-r', self.book, '-Y', 'mapi.operation == "NspiQueryRows"', '-O', 'mapi,nspi')
        self.assertEqual(len(re.findall(r'ContainerID: .*\("All Users"\)', shown)), 4)  # requests and responses
        self.assertIn('SortTypeDisplayName', shown)
        self.assertIn('permanent entry ID, "/o=', shown)

    def test_every_pass_shows_the_address_book_the_same(self):
        self.assertEqual(self.shown(self.book, '-2'), self.shown(self.book))

    def test_nothing_is_malformed_or_left_over(self):
        for path in (self.own, self.tunnelled):
            wrong = '_ws.malformed or mapi.expert.malformed or mapi.expert.undecoded or dcerpc.cn_ctx_id.no_bind'
            self.assertEqual(self.tshark.run('-r', path, '-Y', wrong), '')

    def test_display_filters(self):
        opened = []
        for operation in self.operations(self.own):
            for rop in trees.find(operation['tree'], {'RopOpenFolderRequest'}):
                opened += [value for _, name, _, value in trees.leaves(rop) if name == 'FolderId']
        self.assertGreater(len(opened), 4)
        folder = opened[0]
        found = self.fields(self.own, f'mapi.OpenFolder.FolderId == {folder:#x}', 'frame.number')
        self.assertEqual(len(found), opened.count(folder))
        self.assertEqual(self.fields(self.own, 'mapi.OpenFolder.FolderId == 0x1234', 'frame.number'), [])
        word = email.message_from_bytes(open(MAIL[0], 'rb').read())['Subject'].split()[0]
        subjects = self.fields(self.own, f'mapi.PidTagSubject contains "{word}"', 'frame.number')
        self.assertGreater(len(subjects), 0)
        self.assertGreater(len(self.fields(self.own, 'mapi.object == "Folder \\"Inbox\\""', 'frame.number')), 0)

    def test_errors_are_expert_information(self):
        found = self.fields(self.own, f'mapi.error == {NOT_FOUND:#x}', 'mapi.error.name', 'mapi.operation')
        self.assertEqual(sorted(found), [['ecNotFound', 'EcDoRpcExt2'], ['ecNotFound', 'Execute']])
        experts = self.tshark.run('-r', self.own, '-q', '-z', 'expert,warn')
        self.assertIn('RopOpenMessageResponse: ecNotFound', experts)

    def test_errors_are_the_same_in_both_tools(self):
        for wanted in ('mapi.error == 0', 'mapi.error != 0', f'mapi.error == {NOT_FOUND:#x}'):
            ran = subprocess.run([PROGRAM, 'dissect', self.own, '--json', '--filter', f'(emsmdb or mapihttp) and {wanted}'],
                                 capture_output=True, text=True, timeout=120, check=True)
            frames = {json.loads(line)['frame'] for line in ran.stdout.splitlines()}
            self.assertGreater(len(frames), 0)
            found = {int(line[0]) for line in self.fields(self.own, f'mapi and {wanted}', 'frame.number')}
            self.assertEqual(found, frames, wanted)

    def test_statistics(self):
        counts = Counter()
        for operation in self.operations(self.own):
            way = 0 if operation['direction'] == 'request' else 1
            for name in [operation['name']] + [rop['name'] for rop in operation.get('rops', [])]:
                counts[name, way] += 1
        table = self.tshark.run('-r', self.own, '-q', '-z', 'mapi,rop')
        rows = {line.split()[0]: line for line in table.splitlines() if line.startswith(('Rop', 'Ec', 'Ex', 'Conn', 'Dis'))}
        self.assertIn('RopOpenFolder', rows)
        for name, line in rows.items():
            cells = [cell.strip() for cell in line.split('|')]
            self.assertEqual([int(cells[1]), int(cells[2])], [counts[name, 0], counts[name, 1]], name)
        self.assertEqual({name for name, _ in counts}, set(rows))

    def test_following_a_session(self):
        text = self.tshark.run('-r', self.own, '-q', '-z', 'follow,mapi,ascii,1')
        self.assertIn('RopOpenFolder, Folder "Inbox": success', text)
        sessions = {session for session, in self.fields(self.own, 'mapi.session', 'mapi.session')}
        self.assertEqual(len(sessions), 10)  # one for each command

    def test_messages_as_objects(self):
        folder = os.path.join(self.folder, 'objects')
        os.makedirs(folder)
        os.chmod(folder, 0o777)
        self.tshark.run('-r', self.own, '-q', '--export-objects', f'mapi,{folder}')
        found = [email.message_from_bytes(open(path, 'rb').read()) for path in glob.glob(folder + '/*.eml')]
        subjects = {message['Subject'] for message in found}
        for path in MAIL:
            self.assertIn(email.message_from_bytes(open(path, 'rb').read())['Subject'], subjects)

    def shown(self, path, *passes):
        text = self.tshark.run('-r', path, *passes, '-Y', 'mapi or nspi', '-O', 'mapi,nspi,rfr')
        # What is later in the capture is known to the second pass alone.
        return [re.sub(r', \[Resp: #\d+\]', '', line) for line in text.splitlines()
                if not re.match(r' *\[(Response in|Session)|Hypertext|Frame', line)]

    def test_every_pass_shows_the_same(self):
        self.assertEqual(self.shown(self.own, '-2'), self.shown(self.own))

    def test_preferences(self):
        shallow = self.tshark.run('-r', self.own, '-o', 'mapi.depth:3', '-Y', 'mapi.rop', '-O', 'mapi')
        self.assertNotIn('RopsList', shallow)
        path = self.shared('zeek-mapi.pcap')
        blind = self.tshark.run('-r', path, '-o', 'mapi.learn_interface:FALSE', '-Y', 'mapi')
        self.assertEqual(len(blind.splitlines()), 13)

    # ---- RPC over HTTP ----

    def test_rpc_over_http(self):
        def calls(path):
            return Counter((operation, rops) for operation, rops in
                           self.fields(path, 'dcerpc and mapi', 'mapi.operation', 'mapi.rop'))
        self.assertEqual(calls(self.tunnelled), calls(self.own))
        names = ' '.join(name for name, in self.fields(self.tunnelled, 'rpch.rts', 'rpch.rts'))
        self.assertIn('CONN/A1', names)
        self.assertIn('CONN/B1', names)
        pairs = self.fields(self.tunnelled, 'mapi.response_to', 'mapi.response_to', 'tcp.stream')
        self.assertGreater(len(pairs), 20)
        self.assertEqual(self.tshark.run('-r', self.tunnelled, '-Y', 'mapi.expert.unmatched'), '')

    # ---- bad input ----

    def test_damaged_captures_do_not_crash_it(self):
        if not shutil.which('editcap'):
            self.skipTest('editcap is not installed')
        variants = [['-E', '0.02', '--seed', str(seed)] for seed in range(4)] + [['-s', '90'], ['-s', '200'], ['-s', '700']]

        def explain(number, source, options):
            path = os.path.join(self.folder, f'damaged-{number}.pcapng')
            subprocess.run(['editcap', *options, source, path], check=True, capture_output=True)
            os.chmod(path, 0o644)
            return options, self.tshark.run('-r', path, '-V', '-2', check=False)

        cases = [(source, options) for source in (self.own, self.tunnelled, self.book) for options in variants]
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for options, ran in pool.map(lambda each: explain(each[0], *each[1]), enumerate(cases)):
                self.assertEqual(ran.returncode, 0, f'editcap {options}: {ran.stderr[-2000:]}')


class Together(unittest.TestSuite):
    """Runs the tests of a class at once: each start of tshark waits for a third of a second, for its own threads."""

    def run(self, result, debug=False):
        tests = list(self)
        if not all(isinstance(test, unittest.TestCase) for test in tests) or not tests:
            return super().run(result, debug)

        def one(test):
            own = unittest.TestResult()
            test.run(own)
            return own

        type(tests[0]).setUpClass()
        try:
            with ThreadPoolExecutor(AT_ONCE) as pool:
                for own in pool.map(one, tests):
                    result.testsRun += own.testsRun
                    for kind in ('failures', 'errors', 'skipped', 'unexpectedSuccesses'):
                        getattr(result, kind).extend(getattr(own, kind))
        finally:
            type(tests[0]).doClassCleanups()
        return result


if __name__ == '__main__':
    if not os.path.exists(os.path.join(PLUGINS, '4.0/epan/ropewalk.so')):
        skip('the plugin is not built')
    loader = unittest.TestLoader()
    loader.suiteClass = Together
    unittest.main(argv=[sys.argv[0]] + sys.argv[4:], testLoader=loader)
