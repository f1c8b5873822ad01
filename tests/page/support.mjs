// What the tests share: programs that serve the page, and a browser.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {createInterface} from 'node:readline';
import {join} from 'node:path';
import {chromium} from 'playwright-core';

const [executablePath, build, screenshots, shared, ...only] = process.argv.slice(2);
export {build, shared};

const tests = [];
export const test = (name, work) => tests.push({name, work});

// Starts a program; resolves with {line: its first line, process, stop()}.
export async function start(program, args, input = null) {
  const child = spawn(join(build, program), args, {stdio: ['pipe', 'pipe', 'pipe']});
  let complaints = '';
  child.stdin.on('error', () => {});  // it may have ended
  child.stderr.on('data', (text) => { complaints += text; });
  if (input !== null) child.stdin.write(input);
  const lines = createInterface({input: child.stdout});
  const said = [];
  lines.on('line', (text) => said.push(text));
  const line = await new Promise((resolve, reject) => {
    lines.once('line', resolve);
    child.once('close', (code) => reject(new Error(`${program} ended with ${code}: ${complaints}`)));
    child.once('error', reject);
  });
  return {line, said, child, complaints: () => complaints,
    stop: () => new Promise((resolve) => { if (child.exitCode !== null) return resolve(); child.once('exit', resolve); child.stdin.end(); child.kill('SIGTERM'); })};
}

// Runs a program to its end, which is to be a success.
export function finished(program, args, input = '') {
  return new Promise((resolve, reject) => {
    const child = spawn(join(build, program), args, {stdio: ['pipe', 'pipe', 'pipe']});
    let out = '', complaints = '';
    child.stdout.on('data', (text) => { out += text; });
    child.stderr.on('data', (text) => { complaints += text; });
    child.stdin.on('error', () => {});
    child.once('error', reject);
    child.once('close', (code) => code === 0 ? resolve(out) : reject(new Error(`${program} ${args[0]} ended with ${code}: ${complaints}`)));
    child.stdin.end(input);
  });
}

// A new page; what it complains of fails the test.
export async function open(browser, url, {dark = false, width = 1440, height = 900, ready = '.row[data-number]'} = {}) {
  const context = await browser.newContext({viewport: {width, height}, colorScheme: dark ? 'dark' : 'light', ignoreHTTPSErrors: true});
  const page = await context.newPage();
  page.troubles = [];
  page.on('pageerror', (error) => page.troubles.push(String(error)));
  page.on('console', (message) => { if (message.type() === 'error') page.troubles.push(message.text()); });
  page.on('request', (request) => { if (!request.url().startsWith(new URL(url).origin) && !request.url().startsWith('data:')) page.troubles.push(`asked for ${request.url()}`); });
  await page.goto(url);
  if (ready) await page.waitForSelector(ready);
  return page;
}

export async function shoot(page, name) {
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  await page.screenshot({path: join(screenshots, `${name}.png`)});
}

// A value of the page, once it is as expected.
export async function eventually(read, expected, what = '') {
  let value;
  for (let i = 0; i < 100; ++i) {
    value = await read();
    if (typeof expected === 'function' ? expected(value) : value === expected) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`${what || 'in the end it is'} ${JSON.stringify(value)}, not ${expected}`);
}

export async function run() {
  const browser = await chromium.launch({executablePath, args: ['--no-sandbox'], headless: true, ignoreDefaultArgs: ['--hide-scrollbars']});
  let failed = 0;
  for (const {name, work} of tests) {
    if (only.length && !only.some((part) => name.includes(part))) continue;
    const begun = Date.now();
    try {
      await work(browser);
      console.log(`ok      ${name} (${Date.now() - begun} ms)`);
    } catch (error) {
      ++failed;
      console.log(`FAILED  ${name}\n${error.stack}`);
      for (const [i, context] of browser.contexts().entries())
        for (const page of context.pages()) await page.screenshot({path: join(screenshots, `failed-${i}.png`)}).catch(() => {});
    }
    for (const context of browser.contexts()) await context.close();
  }
  await browser.close();
  console.log(failed ? `${failed} failed` : 'all passed');
  process.exit(failed ? 1 : 0);
}
