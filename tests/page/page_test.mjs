// The page as a person uses it, in Chromium.
import assert from 'node:assert/strict';
import {existsSync, mkdtempSync, rmSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {build, eventually, finished, open, run, shared, shoot, start, test} from './support.mjs';

const text = (page, selector) => page.locator(selector).first().textContent();

async function served(args, work) {
  const server = await start('page_test_server', args);
  try { await work(server.line); } finally { await server.stop(); }
}

test('the ladder shows who said what, and how it went', (browser) => served(['1000'], async (url) => {
  const page = await open(browser, url);
  await eventually(() => text(page, '#status'), (t) => t.includes('1,000 operations'));
  const names = await eventually(() => page.locator('.lane-name').allTextContents(), (n) => n.length >= 3);
  assert.ok(names.includes('192.0.2.7'), names.join());
  assert.match(await page.locator('#op-1').getAttribute('aria-label'), /^1: request MAPIHTTP Execute with RopSetColumns|RopOpenFolder/);
  assert.match(await text(page, '#op-2 .result'), /success/);
  assert.match(await text(page, '#op-20 .result'), /1 ROP failed/);
  await shoot(page, 'ladder');
  assert.deepEqual(page.troubles, []);
}));

test('a click opens the fields beside the bytes; each highlights the other', (browser) => served(['200'], async (url) => {
  const page = await open(browser, url, {height: 1200});
  await page.click('#op-7');
  await page.waitForSelector('.node');
  assert.match(await text(page, '.headline h1'), /Execute/);
  const folder = page.locator('.node', {hasText: 'FolderId'}).first();
  await folder.click();
  assert.equal(await page.locator('.buffers [aria-selected=true]').textContent().then((t) => t.startsWith('PlainPayload')), true, 'a derived node switches the buffer');
  await eventually(() => page.locator('.hex-row .b.sel').count(), 8, 'the marked bytes of a FolderId are');
  await shoot(page, 'tree-and-hex');
  await page.locator('.hex-row .b[data-at="2"]').click();
  await eventually(() => text(page, '.node[aria-selected=true] .name'), 'RopId');
  await page.locator('.buffers button').nth(1).click();
  await page.locator('.hex-row .b[data-at="3"]').click();
  await eventually(() => text(page, '.node[aria-selected=true] .name'), 'Flags');
  await page.hover('.hex-row .b[data-at="0"]');
  await eventually(() => text(page, '#hex-foot'), (t) => t.includes('Version'));
  // To the response and back, by link and by key; the address follows.
  await page.locator('.links a', {hasText: 'response'}).click();
  await eventually(() => text(page, '.headline .number'), '#8');
  assert.match(page.url(), /#op=8$/);
  await page.focus('#ladder');
  await page.keyboard.press('r');
  await eventually(() => text(page, '.headline .number'), '#7');
  await page.goBack();
  assert.deepEqual(page.troubles, []);
}));

test('an address leads to its operation', (browser) => served(['3000'], async (url) => {
  const page = await open(browser, `${url}#op=2345`);
  await eventually(() => text(page, '.headline .number'), '#2345');
  await eventually(() => page.locator('#op-2345').getAttribute('aria-selected'), 'true');
}));

test('keys go where one wants', (browser) => served(['1000'], async (url) => {
  const page = await open(browser, url);
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await eventually(() => text(page, '.headline .number').catch(() => ''), '#2');
  await page.keyboard.press('n');
  await eventually(() => text(page, '.headline .number'), '#20');
  await page.keyboard.press('n');
  await eventually(() => text(page, '.headline .number'), '#40');
  await page.keyboard.press('Shift+N');
  await eventually(() => text(page, '.headline .number'), '#20');
  await page.keyboard.press('End');
  await eventually(() => text(page, '.headline .number'), '#1000');
  await page.keyboard.press('Enter');
  await page.keyboard.press('ArrowDown');
  await eventually(() => page.locator('.node[aria-selected=true]').getAttribute('data-row'), '1');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await eventually(() => page.locator('#help').isVisible(), true);
  await shoot(page, 'keys');
  await page.keyboard.press('Escape');
  await page.keyboard.press('/');
  assert.equal(await page.evaluate(() => document.activeElement.id), 'filter');
  assert.deepEqual(page.troubles, []);
}));

test('the filter completes names, applies, and says what is wrong', (browser) => served(['1000'], async (url) => {
  const page = await open(browser, url);
  await page.click('#filter');
  await page.keyboard.type('mapi.ro');
  await page.waitForSelector('#completions li');
  const names = await page.locator('#completions li').allTextContents();
  assert.ok(names.includes('mapi.rop'), names.join());
  await shoot(page, 'filter-completion');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Tab');
  assert.equal(await page.inputValue('#filter'), names[0]);
  await page.fill('#filter', 'mapi.rop == "RopQueryRows"');
  await page.keyboard.press('Enter');
  await eventually(() => text(page, '#filter-count'), '250 of 1,000');
  assert.match(decodeURIComponent(page.url()), /filter=mapi.rop/);
  await shoot(page, 'filter');
  await page.fill('#filter', 'mapi.OpenFolder.FolderId == 0x0500000000000003');
  await page.keyboard.press('Enter');
  await eventually(() => text(page, '#filter-count'), (t) => / of 1,000/.test(t) && !t.startsWith('250') && !t.startsWith('0 '), 'a filter that reads trees');
  await page.fill('#filter', 'mapi.ropp == 3');
  await page.keyboard.press('Enter');
  await page.waitForSelector('#filter-message:not([hidden])');
  const message = await text(page, '#filter-message');
  assert.match(message, /mapi\.ropp/);
  assert.equal(await page.getAttribute('#filter', 'aria-invalid'), 'true');
  await shoot(page, 'filter-wrong');
  await page.click('#filter-clear');
  await eventually(() => text(page, '#filter-count'), '');
  assert.deepEqual(page.troubles.filter((t) => !t.includes('422')), []);
}));

test('statistics: plots, a table, and from there to a filter', (browser) => served(['20000'], async (url) => {
  const page = await open(browser, url);
  await eventually(() => text(page, '#status'), (t) => t.includes('20,000 operations'));
  await page.click('#tab-stats');
  await page.waitForSelector('.plot');
  await eventually(() => text(page, '.tile .much'), '20,000');
  await eventually(() => page.locator('.plot').count(), (count) => count >= 6);
  await shoot(page, 'statistics');
  await page.locator('.numbers').scrollIntoViewIfNeeded();
  await shoot(page, 'statistics-table');
  await page.locator('.numbers td button', {hasText: 'RopQueryRows'}).click();
  await eventually(() => text(page, '#filter-count'), '5,000 of 20,000');
  assert.deepEqual(page.troubles, []);
}));

test('a hundred thousand operations scroll', (browser) => served(['100000'], async (url) => {
  const page = await open(browser, url);
  await page.waitForTimeout(300);
  await shoot(page, 'loading');
  await page.waitForFunction(() => document.getElementById('status').textContent.startsWith('100,000 operations'), null, {timeout: 120_000});
  assert.ok(await page.locator('.row').count() < 120, 'only what is seen exists');
  // Through all of it in 100 steps; each frame is to come quickly.
  const slowest = await page.evaluate(async () => {
    const box = document.getElementById('ladder');
    let worst = 0, sum = 0;
    for (let i = 0; i <= 100; ++i) {
      const begun = performance.now();
      box.scrollTop = (box.scrollHeight - box.clientHeight) * i / 100;
      await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
      worst = Math.max(worst, performance.now() - begun);
      sum += performance.now() - begun;
    }
    return {worst, mean: sum / 101};
  });
  console.log(`        100,000 operations: a frame takes ${slowest.mean.toFixed(1)} ms, the slowest ${slowest.worst.toFixed(1)} ms`);
  assert.ok(slowest.mean < 60, `frames take ${slowest.mean} ms`);
  await page.waitForSelector('#op-100000');
  await shoot(page, 'hundred-thousand');
  const begun = Date.now();
  await page.fill('#filter', 'mapi.error != 0');
  await page.focus('#filter');
  await page.keyboard.press('Enter');
  await eventually(() => text(page, '#filter-count'), (t) => /^[\d,]+ of 100,000$/.test(t), 'the filter');
  console.log(`        a filter over 100,000 operations: ${Date.now() - begun} ms`);
  await shoot(page, 'hundred-thousand-filtered');
  assert.deepEqual(page.troubles, []);
}));

test('dark, narrow, and with the details beside', (browser) => served(['1000'], async (url) => {
  const page = await open(browser, `${url}#op=20`, {dark: true});
  await page.waitForSelector('.node');
  await shoot(page, 'dark');
  await page.click('#tab-stats');
  await page.waitForSelector('.plot');
  await shoot(page, 'dark-statistics');
  await page.click('#tab-ladder');
  await page.setViewportSize({width: 1900, height: 1000});
  await page.click('#layout');
  await shoot(page, 'dark-beside');
  await page.click('#layout');
  await page.setViewportSize({width: 860, height: 700});
  await shoot(page, 'narrow');
  assert.deepEqual(page.troubles, []);
}));

test('live operations come in by themselves', (browser) => served(['300', 'live'], async (url) => {
  const page = await open(browser, url);
  const before = await eventually(() => text(page, '#status'), (t) => /operations/.test(t));
  await eventually(() => text(page, '#status'), (t) => t !== before && /contents masked/.test(t));
  const shown = await page.evaluate(() => Math.max(...[...document.querySelectorAll('.row[data-number]:not([hidden])')].map((r) => Number(r.dataset.number))));
  await eventually(() => page.evaluate(() => Math.max(...[...document.querySelectorAll('.row[data-number]:not([hidden])')].map((r) => Number(r.dataset.number)))), (n) => n > shown + 5, 'the list follows');
  await shoot(page, 'live');
  assert.deepEqual(page.troubles, []);
}));

test('the administrator signs in; too many wrong passwords have to wait', async (browser) => {
  const server = await start('page_test_server', ['300', 'live', 'password', 'correct horse', join(build, 'page-tests', 'certificate.pem'), join(build, 'page-tests', 'key.pem')]);
  try {
    const page = await open(browser, server.line, {ready: '#password'});
    await shoot(page, 'login');
    await page.fill('#password', 'wrong');
    await page.keyboard.press('Enter');
    await eventually(() => text(page, '#message'), (t) => t.includes('not the administrator'));
    await shoot(page, 'login-refused');
    assert.equal((await page.request.get(`${server.line}api/state`)).status(), 401);
    assert.equal((await page.request.get(`${server.line}app.js`)).status(), 404);
    await page.fill('#password', 'correct horse');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.row[data-number]');
    const [cookie] = await page.context().cookies();
    assert.equal(cookie.httpOnly && cookie.secure && cookie.sameSite === 'Strict', true);
    await shoot(page, 'live-signed-in');
    const stranger = await open(browser, server.line, {ready: '#password'});
    for (let i = 0; i < 6; ++i) {
      await stranger.fill('#password', `wrong ${i}`);
      await stranger.click('#submit');
      await eventually(() => stranger.locator('#submit').isEnabled(), true);
    }
    assert.match(await text(stranger, '#message'), /try again in \d+ s/);
  } finally {
    await server.stop();
  }
});

test('a capture, as the program shows it', async (browser) => {
  const capture = join(shared, 'captures', 'zeek-mapi.pcap');
  if (!existsSync(capture)) return console.log('        skipped: no ../shared/captures/zeek-mapi.pcap');
  const program = await start('ropewalk', ['inspect', capture]);
  try {
    const page = await open(browser, program.line);
    await eventually(() => text(page, '#status'), (t) => /^\d+ operations/.test(t));
    await page.fill('#filter', 'mapi.rop == "RopCreateMessage"');
    await page.focus('#filter');
    await page.keyboard.press('Enter');
    await eventually(() => text(page, '#filter-count'), (t) => /^[1-9]\d* of \d+$/.test(t));
    await page.keyboard.press('Escape');
    await page.focus('#ladder');
    await page.keyboard.press('ArrowDown');
    await page.waitForSelector('.node');
    await shoot(page, 'capture');
    assert.ok((await page.locator('.node .name').allTextContents()).some((name) => /Rop/.test(name)), 'what is innermost is in sight');
    await page.click('#filter-clear');
    await page.click('#tab-stats');
    await page.waitForSelector('.plot');
    await shoot(page, 'capture-statistics');
    assert.deepEqual(page.troubles.filter((t) => !t.includes('422')), []);
  } finally {
    await program.stop();
  }
});

test('the address book: names beside its numbers, over HTTP and RPC', async (browser) => {
  const captures = join(process.env.ROPEWALK_SOURCE, 'fuzz', 'corpus', 'dissect_capture_fuzz');
  for (const [capture, filter, shown] of [
    ['address-book-names.pcap', 'nspi.STAT.ContainerID == 21', /ContainerID.*21.*"All Users"/],
    ['address-book-rpc.pcap', 'nspi.GetPropList.dwMId == 33', /dwMId.*33.*"user1"/],
    ['autodiscover.pcap', 'autodiscover.Protocol.Server contains "server"', /Type.*mapiHttp.*attribute/],
  ]) {
    const program = await start('ropewalk', ['inspect', join(captures, capture)]);
    try {
      const page = await open(browser, program.line);
      await page.fill('#filter', filter);
      await page.focus('#filter');
      await page.keyboard.press('Enter');
      await eventually(() => text(page, '#filter-count'), (t) => t.startsWith('1 of '), filter);
      await page.keyboard.press('Escape');
      await page.focus('#ladder');
      await page.keyboard.press('ArrowDown');
      await page.waitForSelector('.node');
      await eventually(() => page.locator('.node').allTextContents(), (nodes) => nodes.some((node) => shown.test(node)), `${capture} shows ${shown}`);
      await shoot(page, capture.replace('.pcap', ''));
      assert.deepEqual(page.troubles, []);
    } finally {
      await program.stop();
    }
  }
});

test('a running server: live, over HTTP and RPC, and from afar', async (browser) => {
  const data = mkdtempSync(join(tmpdir(), 'ropewalk-page-'));
  let server, remote;
  try {
    await finished('ropewalk', ['user', 'add', '--data', data, 'user1@ropewalk.test', '--password-stdin', '--ntlm'], 'secret of user1\n');
    await assert.rejects(() => start('ropewalk', ['serve', '--data', data, '--https-port', '0', '--admin-port', '0']), /no administrator's password/);
    await finished('ropewalk', ['admin', 'password', '--data', data, '--password-stdin'], 'correct horse\n');
    server = await start('ropewalk', ['serve', '--data', data, '--https-port', '0', '--epm-port', '0', '--rpc-port', '0', '--admin-port', '0']);
    const lines = server.said;
    await eventually(() => lines.find((line) => line.startsWith("administrator's page")) ?? '', (line) => line !== '');
    const admin = lines.find((line) => line.startsWith("administrator's page")).split(' ').pop();
    const https = lines.find((line) => line.includes('https://') && !line.startsWith('admin')).split(' ')[2];
    const mapper = lines.find((line) => line.includes('(endpoint mapper)')).match(/\[(\d+)\]/)[1];

    const page = await open(browser, admin, {ready: '#password'});
    await page.fill('#password', 'correct horse');
    await page.keyboard.press('Enter');
    await page.waitForSelector('#ladder');
    await eventually(() => text(page, '#status'), (t) => /0 operations.*contents masked/.test(t));
    await shoot(page, 'server-idle');
    const who = ['--user', 'user1@ropewalk.test', '--password-stdin'];
    await finished('ropewalk', ['folders', '--server', new URL(https).origin, ...who, '--insecure'], 'secret of user1\n');
    await page.waitForSelector('#op-2');
    await eventually(() => page.locator('.row .label').allTextContents(), (labels) => labels.some((l) => /MAPIHTTP.*Execute.*Logon/.test(l)), 'MAPI over HTTP');
    await finished('ropewalk', ['folders', '--server', 'ncacn_ip_tcp:127.0.0.1', '--mapper-port', mapper, ...who], 'secret of user1\n');
    await eventually(() => page.locator('.row .label').allTextContents(), (labels) => labels.some((l) => /EMSMDB.*EcDoRpcExt2/.test(l)), 'MAPI over RPC');
    for (const transport of [['--server', new URL(https).origin, '--insecure'], ['--server', 'ncacn_ip_tcp:127.0.0.1', '--mapper-port', mapper]])
      await finished('ropewalk', ['gal', '--list', 'All Users', ...transport, ...who], 'secret of user1\n');
    for (const layer of ['MAPIHTTP', 'NSPI'])
      await eventually(() => page.locator('.row .label').allTextContents(), (labels) => labels.some((l) => l.startsWith(`${layer}NspiQueryRows`)), `the address book, ${layer}`);
    await page.locator('.row', {hasText: 'QueryRows'}).last().click();
    await page.waitForSelector('.node');
    await shoot(page, 'server-live');
    assert.deepEqual(page.troubles, []);
    const shown = await page.evaluate(async () => (await Promise.all([...Array(120).keys()].map((n) => fetch(`api/operation/${n + 1}`).then((r) => r.text())))).join());
    assert.ok(!shown.includes('All Users') && shown.includes('NspiGetSpecialTable'), 'names of address lists are masked');
    assert.ok(!shown.includes('Inbox') && shown.includes('redacted'), 'names of folders are masked');
    assert.ok(!shown.includes('secret of user1') && !shown.includes(Buffer.from('user1@ropewalk.test:secret of user1').toString('base64')));

    remote = await start('ropewalk', ['inspect', '--live', admin, '--insecure'], 'correct horse\n');
    const afar = await open(browser, remote.line);
    await eventually(() => text(afar, '#status'), (t) => /^[1-9]\d* operations/.test(t));
    assert.equal(await afar.locator('#sign-out').isVisible(), false);
    const before = await text(afar, '#status');
    await finished('ropewalk', ['folders', '--server', new URL(https).origin, ...who, '--insecure'], 'secret of user1\n');
    await eventually(() => text(afar, '#status'), (t) => t !== before, 'what happens meanwhile');
    await shoot(afar, 'server-from-afar');
    assert.deepEqual(afar.troubles, []);
    await assert.rejects(() => start('ropewalk', ['inspect', '--live', admin, '--insecure'], 'wrong password\n'), /not the administrator's password/);
    await assert.rejects(() => start('ropewalk', ['inspect', '--live', admin], 'correct horse\n'), /certificate/);
  } finally {
    await remote?.stop();
    await server?.stop();
    rmSync(data, {recursive: true, force: true});
  }
});

await run();
