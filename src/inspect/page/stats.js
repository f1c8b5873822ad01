// What can be counted, as tiles, plots and a table.
import {api} from './api.js';
import {$, element} from './dom.js';
import {bytes, count, plural, round, span} from './format.js';
import {bars, columns, ranges} from './plots.js';

const AGAIN = 1500;  // milliseconds between drawings while operations come in

export class StatsView {
  constructor(filter) {
    this.filter = filter;
    this.text = '';
    this.kind = 'rops';
    this.sort = {column: 'count', up: false};
    this.box = $('stats-view');
    new ResizeObserver(() => { if (!this.box.hidden && this.data && this.drawnWidth !== this.box.clientWidth) this.draw(); }).observe(this.box);
  }

  open(text) {
    this.text = text;
    this.data = null;
    if (!this.box.hidden) this.load();
  }
  show() { this.load(); }
  hide() { clearTimeout(this.timer); this.timer = 0; }
  // There are more operations.
  stale() { if (!this.box.hidden && !this.timer) this.timer = setTimeout(() => { this.timer = 0; this.load(); }, AGAIN); }

  async load() {
    const text = this.text;
    try {
      const [data, {findings}] = await Promise.all([api.stats(text), api.findings()]);
      data.findings = findings;
      if (text !== this.text) return;
      this.data = data;
      this.draw();
      if (!data.complete && !this.box.hidden) setTimeout(() => this.load(), 200);
    } catch (error) {
      this.box.replaceChildren(element('div', {class: 'stats-empty'}, error.message));
    }
  }

  draw() {
    const {data} = this;
    this.drawnWidth = this.box.clientWidth;
    const top = this.box.scrollTop;
    const grid = element('div', {class: 'stats'});
    this.grid = grid;
    this.box.replaceChildren(grid);
    if (!data.count) {
      grid.append(element('div', {class: 'stats-empty'}, this.text ? 'No operation passes the filter.' : 'There are no operations to count.'));
      return;
    }
    this.findings();
    grid.append(this.tiles());
    this.overTime();
    this.latencyOfEach();
    this.distribution();
    this.errors();
    this.talkers();
    this.sizes();
    this.table();
    this.box.scrollTop = top;
  }

  findings() {
    if (!this.data.findings.length) return;
    const frames = (list) => list.flatMap((frame, i) => [i ? ', ' : '', element('button', {type: 'button', class: 'frame', onclick: () => this.filter(`frame.number == ${frame}`)}, String(frame))]);
    const items = this.data.findings.map((found) => element('li', {},
      element('strong', {}, found.finding), found.times > 1 ? element('span', {class: 'times'}, `${count(found.times)} times`) : null,
      element('div', {class: 'reason'}, found.reason),
      element('div', {class: 'where'}, `${found.client} → ${found.server}, frames `, frames(found.frames))));
    this.card('wide', 'What went wrong', '', () => element('ul', {class: 'findings'}, items));
  }

  tiles() {
    const {data} = this;
    const seconds = (data.to - data.from) / 1e9;
    const tile = (what, much, more = '', kind = '') => element('div', {class: `tile ${kind}`}, element('div', {class: 'what'}, what), element('div', {class: 'much'}, much), element('div', {class: 'more'}, more));
    return element('div', {class: 'tiles'},
      tile('Operations', count(data.count), `${count(data.requests)} requests, ${count(data.responses)} responses`),
      tile('With errors', count(data.errors), `${(100 * data.errors / data.count).toFixed(1)} %`, data.errors ? 'failed' : ''),
      tile('Time', span(data.to - data.from), seconds > 0 ? `${count(Math.round(data.count / seconds * 10) / 10)} operations a second` : ''),
      tile('Bytes', bytes(data.bytes), `${bytes(Math.round(data.bytes / data.count))} an operation`),
      tile('Half of all answers within', data.latency.max ? span(data.latency.p50) : '–', data.latency.max ? `99 % within ${span(data.latency.p99)}, all within ${span(data.latency.max)}` : 'no answers'),
      tile('With notes', count(data.noted), 'lost, encrypted or malformed'));
  }

  // A card whose plot is as wide as the card turns out to be.
  card(size, title, words, draw, ...more) {
    const card = element('section', {class: `card ${size}`, 'aria-label': title}, element('h2', {}, title), words ? element('p', {}, words) : null);
    this.grid.append(card);
    const width = card.clientWidth - 32;
    const plot = draw(Math.max(width, 240), card);
    if (plot) card.append(plot);
    card.append(...more);
    return card;
  }

  overTime() {
    const {begin, width: wide, list} = this.data.intervals;
    // As many bars as are told apart.
    const group = Math.max(1, Math.ceil(list.length / 160));
    const joined = [];
    for (let i = 0; i < list.length; i += group) {
      joined.push(list.slice(i, i + group).reduce((sum, [n, failed, size, slowest]) => [sum[0] + n, sum[1] + failed, sum[2] + size, Math.max(sum[3], slowest)], [0, 0, 0, 0]));
    }
    const each = wide * group;
    const at = (i) => round(span(Math.max(0, begin + i * each)));
    const labels = [0, .25, .5, .75, 1].map((share) => [share, at(Math.round(joined.length * share))]);
    const legend = element('div', {class: 'legend'}, element('span', {}, element('i', {class: 'ok'}), 'operations'), element('span', {}, element('i', {class: 'fail'}), 'with errors'), element('span', {}, element('i', {class: 'slow'}), 'slowest answer (its own scale)'));
    this.card('wide', 'Operations over time', `each bar is ${span(each)}`, (width) => columns({
      width, height: 190, label: 'Operations over time', labels, format: count,
      bars: joined.map(([n, failed, size, slowest], i) => ({
        parts: [['ok', n - failed], ['fail', failed]],
        tip: `${at(i)} to ${at(i + 1)}\n${plural(n, 'operation')}, ${count(failed)} with errors\n${bytes(size)}${slowest ? `\nslowest answer ${span(slowest)}` : ''}`,
      })),
      line: joined.some((each_) => each_[3]) ? joined.map((each_) => each_[3]) : null,
    }), legend);
  }

  switcher(card, redraw) {
    const button = (kind, words) => element('button', {type: 'button', 'aria-pressed': this.kind === kind, onclick: () => { this.kind = kind; redraw(); }}, words);
    card.prepend(element('div', {class: 'switch'}, button('operations', 'Operations'), button('rops', 'ROPs')));
  }

  rowsOf(kind) { return this.data[kind].length ? this.data[kind] : this.data.operations; }
  filterOf(kind, name) { return kind === 'rops' && this.data.rops.length ? () => this.filter(`mapi.rop == "${name}"`) : undefined; }

  latencyOfEach() {
    const rows = this.rowsOf(this.kind).filter((row) => row.timed).sort((a, b) => b.timed - a.timed).slice(0, 12);
    const card = this.card('', 'How long answers take', '● half of them, thick to 90 %, ○ 99 %, thin to the slowest', (width) => rows.length ? ranges({
      width, label: 'Latency of each kind of operation', format: span, nameWidth: Math.min(230, width * .36),
      rows: rows.map((row) => ({...row, tip: `${row.name}\n${plural(row.timed, 'answer')}\n50 % within ${span(row.p50)}\n90 % within ${span(row.p90)}\n99 % within ${span(row.p99)}\nslowest ${span(row.max)}`, go: this.filterOf(this.kind, row.name)})),
    }) : element('p', {}, 'No answers with a known request.'));
    this.switcher(card, () => this.draw());
  }

  distribution() {
    const {histogram} = this.data.latency;
    // Four bars for each power of ten.
    const place = (ns) => Math.floor(Math.log10(Math.max(ns, 1)) * 4);
    const found = new Map();
    for (const [bound, n] of histogram) found.set(place(bound), (found.get(place(bound)) ?? 0) + n);
    const places = [...found.keys()];
    const low = Math.min(...places), high = Math.max(...places);
    const list = [];
    for (let at = low; at <= high; ++at) list.push([10 ** (at / 4), 10 ** ((at + 1) / 4), found.get(at) ?? 0]);
    const labels = list.map(([from], i) => [i / list.length, from]).filter(([, from]) => Math.abs(Math.log10(from) - Math.round(Math.log10(from))) < .01).map(([at, from]) => [at, round(span(Math.round(from)))]);
    const beside = this.rowsOf(this.kind).filter((row) => row.timed).slice(0, 12).length;
    this.card('', 'Answers by time', 'how many took how long, on a logarithmic scale', (width) => places.length ? columns({
      width, height: Math.max(190, beside * 26 + 28), label: 'Distribution of latencies', labels, format: count,
      bars: list.map(([from, to, n]) => ({parts: [['lat', n]], tip: `${span(Math.round(from))} to ${span(Math.round(to))}: ${plural(n, 'answer')}`})),
    }) : element('p', {}, 'No answers with a known request.'));
  }

  errors() {
    const rows = [...this.data.results.map((row) => ({...row, go: () => this.filter('mapi.error != 0')})),
      ...this.data.rop_errors.map((row) => ({...row, go: () => this.filter(`mapi.rop == "${row.name.split(' ')[0]}" and mapi.error != 0`)}))]
      .sort((a, b) => b.count - a.count).slice(0, 10);
    this.card('third', 'Errors', rows.length ? 'results of operations, and of the ROPs in them' : '', (width) => rows.length ? bars({
      width, label: 'Errors', nameWidth: width * .55, rows: rows.map((row) => ({name: row.name, parts: [['fail', row.count]], amount: count(row.count), go: row.go})),
    }) : element('p', {}, 'None.'));
  }

  talkers() {
    const rows = [...this.data.talkers].sort((a, b) => b.there + b.back - a.there - a.back).slice(0, 10);
    const legend = element('div', {class: 'legend'}, element('span', {}, element('i', {class: 'ok'}), 'requests'), element('span', {}, element('i', {class: 'back'}), 'responses'));
    this.card('third', 'Top talkers', 'bytes between client and server', (width) => bars({
      width, label: 'Top talkers', nameWidth: width * .55,
      rows: rows.map((row) => ({name: row.name, parts: [['ok', row.there], ['back', row.back]], amount: bytes(row.there + row.back), tip: `${row.name}\n${plural(row.count, 'operation')}, ${count(row.errors)} with errors\n${bytes(row.there)} there, ${bytes(row.back)} back`})),
    }), legend);
  }

  sizes() {
    const {sizes} = this.data;
    const last = sizes.reduce((most, n, i) => n ? i : most, 0);
    const first = Math.min(Math.max(0, last - 5), sizes.findIndex((n) => n));
    const list = sizes.slice(first, last + 1);
    const bound = (i) => bytes(i + first === 0 ? 0 : 2 ** (i + first - 1));
    const every = Math.ceil(list.length / 6);
    this.card('third', 'Sizes', 'operations by their bytes', (width) => columns({
      width, height: 190, label: 'Distribution of sizes', format: count, labels: list.map((n, i) => [(i + .5) / list.length, i % every ? '' : bound(i)]).filter(([, text]) => text),
      bars: list.map((n, i) => ({parts: [['size', n]], tip: `${bound(i)} to ${bound(i + 1)}: ${plural(n, 'operation')}`})),
    }));
  }

  table() {
    const columns_ = [['name', this.kind === 'rops' && this.data.rops.length ? 'ROP' : 'Operation'], ['count', 'Count'], ['errors', 'Errors'], ['bytes', 'Bytes'], ['p50', '50 %'], ['p90', '90 %'], ['p99', '99 %'], ['max', 'Slowest']]
      .filter(([key]) => key !== 'bytes' || this.kind === 'operations' || !this.data.rops.length);
    const {column, up} = this.sort;
    const order = (a, b) => column === 'name' ? a.name.localeCompare(b.name) : (a[column] ?? -1) - (b[column] ?? -1);
    const rows = [...this.rowsOf(this.kind)].sort((a, b) => up ? order(a, b) : order(b, a));
    const head = columns_.map(([key, words]) => element('th', {scope: 'col', 'aria-sort': key === column ? (up ? 'ascending' : 'descending') : null},
      element('button', {type: 'button', onclick: () => { this.sort = {column: key, up: key === column ? !up : key === 'name'}; this.draw(); }}, words)));
    const cell = (row, key) => {
      const value = row[key];
      const go = key === 'name' ? this.filterOf(this.kind, row.name) : undefined;
      if (key === 'name') return element('td', {title: row.name}, go ? element('button', {type: 'button', onclick: go}, row.name) : row.name);
      if (key === 'errors') return element('td', {class: value ? 'errors' : ''}, value ? count(value) : '–');
      if (value === undefined) return element('td', {}, '–');
      return element('td', {}, key === 'count' ? count(value) : key === 'bytes' ? bytes(value) : span(value));
    };
    const card = this.card('wide', 'All of them', '', () => element('div', {class: 'table-box'}, element('table', {class: 'numbers'},
      element('thead', {}, element('tr', {}, head)), element('tbody', {}, rows.slice(0, 300).map((row) => element('tr', {}, columns_.map(([key]) => cell(row, key))))))));
    this.switcher(card, () => this.draw());
  }
}
