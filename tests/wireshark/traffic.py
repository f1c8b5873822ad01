"""Makes captures of the program's own traffic, and runs tshark with the plugin in it."""
import os
import re
import shutil
import signal
import subprocess
import sys
import time

SKIPPED = 77
NOBODY = 65534
USER = 'user1@ropewalk.test'


def skip(why):
    print('skipped: ' + why)
    sys.exit(SKIPPED)


class Server:
    """`ropewalk serve` with one user, whose password is `secret`, over plain HTTP and RPC."""

    def __init__(self, program, folder):
        self.program = program
        data = os.path.join(folder, 'data')
        os.makedirs(data)
        with open(os.path.join(data, 'ropewalk.toml'), 'w') as config:
            config.write('[rpc]\nlevel = "connect"\n')  # readable for everybody on the way
        self.run(['user', 'add', '--data', data, USER, '--password-stdin', '--ntlm'])
        self.process = subprocess.Popen(
            [program, 'serve', '--data', data, '--https-port', '0', '--http-port', '0', '--epm-port', '0', '--rpc-port', '0'],
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.ports = {}
        for line in self.process.stdout:
            if match := re.search(r'(https?)://[^:]*:(\d+)', line):
                self.ports[match[1]] = int(match[2])
            elif match := re.search(r'ncacn_ip_tcp:[^[]*\[(\d+)\](.*)', line):
                self.ports['mapper' if 'mapper' in match[2] else 'rpc'] = int(match[1])
            if len(self.ports) == 4:
                break

    def url(self, transport):
        """Of MAPI/HTTP ("http") or RPC over TCP ("rpc"): how the program's commands name the server."""
        if transport == 'http':
            return ['--server', f'http://127.0.0.1:{self.ports["http"]}']
        return ['--server', 'ncacn_ip_tcp:127.0.0.1', '--mapper-port', str(self.ports['mapper']), '--level', 'connect']

    def command(self, transport, *arguments):
        """Runs a command of the client as that user."""
        return self.run(list(arguments) + self.url(transport) + self.user())

    def user(self):
        return ['--user', USER, '--password-stdin']

    def run(self, arguments, text='secret\n', check=True):
        ran = subprocess.run([self.program] + arguments, input=text, capture_output=True, text=True, timeout=60)
        if check and ran.returncode != 0:
            raise RuntimeError(f'{arguments}: exit code {ran.returncode}: {ran.stderr}')
        return ran

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


class Capture:
    """What passes some TCP ports of the loopback device, into a file."""

    def __init__(self, path, ports):
        self.path = path
        self.process = subprocess.Popen(
            ['dumpcap', '-i', 'lo', '-f', ' or '.join(f'tcp port {port}' for port in ports), '-w', path, '-a', 'duration:120'],
            stderr=subprocess.PIPE, text=True)
        said = ''
        while not said.endswith('File: '):  # it captures from then on
            character = self.process.stderr.read(1)
            if not character:
                skip('capturing on the loopback device is not permitted: ' + said)
            said += character

    def stop(self):
        time.sleep(0.5)  # what was sent last is on its way through the kernel
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()
        os.chmod(self.path, 0o644)


class Tshark:
    """tshark as nobody (as root it takes no plugins from elsewhere), with the plugin or without."""

    def __init__(self, plugins, folder):
        if not shutil.which('tshark'):
            skip('tshark is not installed')
        self.home = os.path.join(folder, 'home')
        os.makedirs(self.home)
        os.chmod(folder, 0o755)
        os.chmod(self.home, 0o777)
        self.plugins = plugins

    def run(self, *arguments, plugin=True, check=True):
        """Fails where tshark does, or where it says anything on its standard error."""
        environment = {'PATH': os.environ['PATH'], 'HOME': self.home, 'LANG': 'C.UTF-8', 'G_DEBUG': 'fatal-criticals'}
        if plugin:
            environment['WIRESHARK_PLUGIN_DIR'] = self.plugins

        nobody = {'user': NOBODY, 'group': NOBODY, 'extra_groups': []} if os.getuid() == 0 else {}
        ran = subprocess.run(['tshark'] + list(arguments), env=environment, cwd='/', **nobody,
                             capture_output=True, text=True, errors='replace', timeout=300)
        if check and (ran.returncode != 0 or ran.stderr.strip()):
            raise AssertionError(f'tshark {" ".join(arguments)}: exit code {ran.returncode}\n{ran.stderr}')
        return ran.stdout if check else ran
