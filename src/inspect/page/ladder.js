// The conversation: who said what to whom, one operation a line, time running down.
import {api} from './api.js';
import {$, eachFrame, element, recall, remember, tip} from './dom.js';
import {dateTime, DIRECTION, endpoint, plural, SEVERITY, since, span, bytes, timeOfDay} from './format.js';
import {VirtualList} from './list.js';

const LANE_WIDTH = 250;  // pixels between lifelines, at least
const MARGIN = 78;       // beside the outer ones, for ports
const GAP = 1e9;         // nanoseconds of silence that are marked
const SLOW = 5e8;

export class Ladder {
  // choose(number): the person wants to see that operation.
  constructor(choose) {
    this.choose = choose;
    this.rows = null;
    this.base = 0n;
    this.selected = 0;     // number
    this.index = -1;       // its place
    this.partner = 0;
    this.connection = 0;
    this.clients = [];
    this.servers = [];
    this.timeMode = recall('time', 'start');
    this.list = new VirtualList($('ladder'), 26, (node, index) => this.drawRow(node, index));
    this.list.onrender = () => this.drawOverview();
    $('ladder').addEventListener('click', (event) => {
      const node = event.target.closest('.row');
      if (node?.dataset.number) this.choose(Number(node.dataset.number), Number(node.dataset.index));
    });
    $('time-mode').addEventListener('click', () => this.nextTimeMode());
    new ResizeObserver(() => this.placeLanes()).observe($('lane-names'));
    this.fetchOverview = throttled(() => this.loadOverview(), 700);
    this.bindOverview();
    this.nameTime();
  }

  open(rows, base) {
    this.rows = rows;
    this.base = base;
    this.index = -1;
    this.overview = null;
    this.list.top = 0;
    this.list.resize(rows.total);
    rows.at(0);
  }

  // More is known of the rows.
  changed(follow) {
    if (this.rows.moved) {
      this.list.top -= this.rows.moved * this.list.height;
      this.index = this.index < 0 ? -1 : Math.max(-1, this.index - this.rows.moved);
      this.rows.moved = 0;
    }
    const grew = this.rows.total !== this.list.count;
    this.list.resize(this.rows.total);
    if (this.later < this.rows.total) this.reveal(this.later);
    if (follow && grew) this.list.top = this.list.full;
    if (grew || !this.overview) this.fetchOverview();
    const empty = $('ladder-empty');
    empty.hidden = this.rows.total !== 0;
    if (!empty.hidden) {
      empty.textContent = this.rows.error ? this.rows.error.message
        : !this.rows.complete ? 'Looking…'
        : this.rows.filter ? 'No operation passes the filter.' : this.emptyText ?? 'No operations so far.';
    }
  }

  // ---- lanes ----

  // The busiest first. A host may be among both.
  setHosts(clients, servers) {
    const wanted = `${clients.slice(0, 12)} / ${servers.slice(0, 12)}`;
    if (wanted === this.wanted) return;
    this.wanted = wanted;
    this.clients = clients;
    this.servers = servers;
    this.placeLanes();
  }

  placeLanes() {
    const width = $('lane-names').clientWidth;
    const room = Math.max(2, Math.floor((width - 2 * MARGIN) / LANE_WIDTH) + 1);
    const names = this.chooseLanes(room);
    const body = $('ladder');
    $('ladder-head').style.setProperty('--head-right', `${14 + body.offsetWidth - body.clientWidth}px`);
    const step = names.length > 1 ? (width - 2 * MARGIN) / (names.length - 1) : 0;
    this.lanes = new Map(names.map((name, i) => [name, MARGIN + i * step]));
    const left = $('lane-names').offsetLeft;
    const both = new Set(this.clients.filter((host) => this.servers.includes(host)));
    $('lane-names').replaceChildren(...[...this.lanes].map(([key, x]) => {
      const isServer = key.startsWith('server '), host = key.replace(/^(client|server) /, '');
      const node = element('span', {class: `lane-name${isServer ? ' server' : ''}`, title: key === 'others' ? 'hosts with fewer operations' : key},
        host, both.has(host) ? element('small', {}, isServer ? ' server' : ' client') : null);
      node.style.left = `${x}px`;
      return node;
    }));
    $('lifelines').style.left = `${left}px`;
    $('lifelines').replaceChildren(...[...this.lanes.values()].map((x) => {
      const line = element('i');
      line.style.left = `${x}px`;
      return line;
    }));
    for (const row of this.list.rows) row.node.dataset.key = '';
    this.list.update();
  }

  // Who gets a lifeline of his own, clients first; one lifeline for the others.
  chooseLanes(room) {
    const clients = this.clients.map((host) => `client ${host}`), servers = this.servers.map((host) => `server ${host}`);
    if (clients.length + servers.length <= room) return [...clients, ...servers];
    const right = servers.slice(0, Math.max(1, room - 1 - clients.length));
    const left = clients.slice(0, room - 1 - right.length);
    return clients.length > left.length ? [...left, 'others', ...right] : [...left, ...right, 'others'];
  }

  lane(role, host) {
    const other = role === 'client' ? 'server' : 'client';
    return this.lanes?.get(`${role} ${host}`) ?? this.lanes?.get(`${other} ${host}`) ?? this.lanes?.get('others') ?? MARGIN;
  }

  // ---- rows ----

  drawRow(node, index) {
    const row = this.rows?.at(index);
    const key = row ? `${row.n} ${row.b ?? ''} ${this.timeMode}` : `? ${index}`;
    if (node.dataset.key !== key) {
      node.dataset.key = key;
      if (row) this.fillRow(node, row, index);
      else this.fillWaiting(node);
    }
    node.dataset.index = index;
    const number = row?.n ?? -1;
    const selected = number === this.selected;
    node.className = `row${row ? '' : ' waiting'}${number === this.partner ? ' partner' : row && row.c === this.connection && !selected ? ' same' : ''}${row && this.isAfterGap(row, index) ? ' gap' : ''}`;
    node.setAttribute('aria-selected', selected);
    node.setAttribute('aria-posinset', index + 1);
    node.setAttribute('aria-setsize', this.list.count);
    if (selected) {
      this.index = index;
      $('ladder').setAttribute('aria-activedescendant', node.id);
    }
  }

  isAfterGap(row, index) {
    if (index === 0) return false;
    const before = this.rows.pages.get(Math.floor((index - 1) / 200))?.rows[(index - 1) % 200];
    return before && row.t - before.t > GAP;
  }

  fillWaiting(node) {
    delete node.dataset.number;
    node.replaceChildren(element('div', {class: 'c-number'}, '·····'));
  }

  timeText(row, index) {
    if (row.t === undefined) return '';
    if (this.timeMode === 'day') return timeOfDay(this.base, row.t);
    if (this.timeMode === 'delta') {
      const before = index > 0 ? this.rows.pages.get(Math.floor((index - 1) / 200))?.rows[(index - 1) % 200] : undefined;
      return before ? `+${since(Math.max(0, row.t - before.t))}` : since(0);
    }
    return since(row.t);
  }

  fillRow(node, row, index) {
    const from = endpoint(row.src), to = endpoint(row.dst);
    const x1 = this.lane(row.d === 1 ? 'server' : 'client', from.host), x2 = this.lane(row.d === 1 ? 'client' : 'server', to.host);
    const tone = row.sv ? SEVERITY[row.sv] : DIRECTION[row.d];
    node.id = `op-${row.n}`;
    node.dataset.number = row.n;
    node.setAttribute('aria-label', this.words(row));
    const arrow = element('div', {class: `arrow ${tone} ${x1 === x2 ? 'self' : x1 < x2 ? 'right' : 'left'}`});
    arrow.style.left = `${Math.min(x1, x2)}px`;
    arrow.style.width = `${Math.abs(x2 - x1)}px`;
    const label = this.label(row);
    label.style.left = `${x1 === x2 ? x1 + (x1 > $('lane-names').clientWidth / 2 ? -110 : 150) : (x1 + x2) / 2}px`;
    label.style.maxWidth = `${Math.max(Math.abs(x2 - x1) - 44, 190)}px`;
    const port = (end, x, other) => {
      const text = element('span', {class: `port ${x <= other ? 'at-left' : 'at-right'}`}, end.port);
      text.style.left = `${x}px`;
      return text;
    };
    node.replaceChildren(
      element('div', {class: 'c-number'}, String(row.n)),
      element('div', {class: 'c-time', title: row.t === undefined ? '' : dateTime(this.base, row.t)}, this.timeText(row, index)),
      element('div', {class: 'c-lanes'}, arrow, x1 === x2 ? null : port(from, x1, x2), x1 === x2 ? null : port(to, x2, x1), label),
      element('div', {class: 'c-result'}, this.result(row)),
      element('div', {class: `c-rtt${row.rt > SLOW ? ' slow' : ''}`}, span(row.rt)),
      element('div', {class: 'c-size'}, row.s ? bytes(row.s) : ''));
  }

  label(row) {
    const rops = (row.rops ?? []).slice(0, 8).map(([name, error], i) =>
      [i ? ', ' : '', element('span', error ? {class: 'bad'} : {}, name.replace(/^Rop/, ''))]).flat();
    if ((row.ropn ?? row.rops?.length ?? 0) > 8) rops.push('…');
    const node = element('div', {class: 'label'}, element('span', {class: 'layer'}, row.l), element('b', {}, row.m),
      rops.length ? element('span', {class: 'rops'}, rops) : row.dt ? element('span', {class: 'rops'}, row.dt) : null);
    return node;
  }

  result(row) {
    if (row.d === 0 && row.sv === 0) return null;
    const tone = row.sv ? SEVERITY[row.sv] : 'good';
    const failed = (row.rops ?? []).filter(([, error]) => error).length;
    const text = row.sv === 3 ? row.r || `0x${row.e.toString(16).toUpperCase()}`
      : row.sv === 2 ? plural(failed, 'ROP failed', 'ROPs failed')
      : row.sv === 1 ? row.notes?.[0] ?? row.r : row.r || 'done';
    return element('span', {class: `result ${tone}`, title: [row.r, ...(row.notes ?? [])].filter(Boolean).join('\n')}, element('span', {}, text ?? ''));
  }

  words(row) {
    const rops = (row.rops ?? []).map(([name]) => name).join(', ');
    return `${row.n}: ${DIRECTION[row.d]} ${row.l} ${row.m}${rops ? ` with ${rops}` : ''} from ${row.src} to ${row.dst}${row.r ? `, ${row.r}` : ''}`;
  }

  redraw() {
    for (const row of this.list.rows) row.node.dataset.key = '';
    this.list.update();
  }

  nextTimeMode() {
    this.timeMode = {start: 'delta', delta: 'day', day: 'start'}[this.timeMode];
    remember('time', this.timeMode);
    this.nameTime();
    this.redraw();
  }
  nameTime() { $('time-mode').textContent = {start: 'Time, s', delta: 'Since last, s', day: 'Time of day'}[this.timeMode]; }

  // ---- where one is ----

  select(row) {
    this.selected = row?.n ?? 0;
    this.partner = row ? row.a ?? row.b ?? 0 : 0;
    this.connection = row?.c ?? 0;
    this.list.update();
  }

  // Where an operation stands in this view; undefined where it is filtered out.
  async find(number) {
    const answer = await api.position(this.rows.filter, number);
    return answer.found ? answer.index : undefined;
  }

  reveal(index, middle = true) {
    this.index = index;
    this.later = index < this.list.count ? undefined : index;  // the list is not that long so far
    if (this.later === undefined) this.list.show(index, middle);
  }

  // The place of the next row that failed, in steps of 1 or -1; looks a few pages far.
  async nextFailure(step) {
    const page = 200;
    for (let index = this.index + step, asked = 0; index >= 0 && index < this.rows.total; index += step) {
      let row = this.rows.pages.get(Math.floor(index / page))?.rows[index % page];
      if (!row) {
        if (++asked > 200) return undefined;
        await this.rows.load(Math.floor(index / page));
        row = this.rows.pages.get(Math.floor(index / page))?.rows[index % page];
        if (!row) return undefined;
      }
      if (row.sv >= 2) return {index, number: row.n};
    }
    return undefined;
  }

  // ---- the strip that shows all of it ----

  async loadOverview() {
    const rows = this.rows;
    if (!rows) return;
    try {
      const answer = await api.overview(rows.filter, Math.max(50, Math.min(2000, $('overview').clientHeight)));
      if (rows === this.rows) { this.overview = answer; this.drawOverview(); }
    } catch { /* the list says so */ }
  }

  drawOverview() {
    const canvas = $('overview'), {clientWidth: w, clientHeight: h} = canvas;
    if (!w || !h) return;
    const scale = window.devicePixelRatio || 1;
    if (canvas.width !== w * scale || canvas.height !== h * scale) { canvas.width = w * scale; canvas.height = h * scale; }
    const pen = canvas.getContext('2d');
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    pen.setTransform(scale, 0, 0, scale, 0, 0);
    pen.clearRect(0, 0, w, h);
    const full = this.list.full;
    if (!full) return;
    const buckets = this.overview?.buckets ?? [];
    const used = Math.min(h, full);  // few rows stand beside their marks
    const tall = used / Math.max(buckets.length, 1);
    buckets.forEach((bucket, i) => {
      const worst = bucket[3] ? '--failed' : bucket[2] ? '--partial' : bucket[1] ? '--noted' : null;
      if (!worst) return;
      pen.fillStyle = colour(worst);
      pen.fillRect(3, i * tall, w - 5, Math.max(tall, 1.5));
    });
    if (full <= this.list.scroll.clientHeight) return;
    pen.fillStyle = colour('--ink');
    pen.globalAlpha = .16;
    const top = this.list.top / full * h, seen = Math.max(6, this.list.scroll.clientHeight / full * h);
    pen.fillRect(0, Math.min(top, h - seen), w, seen);
    pen.globalAlpha = 1;
  }

  bindOverview() {
    const canvas = $('overview');
    const go = (event) => {
      const share = (event.clientY - canvas.getBoundingClientRect().top) / canvas.clientHeight;
      this.list.top = share * this.list.full - this.list.scroll.clientHeight / 2;
    };
    canvas.addEventListener('pointerdown', (event) => { canvas.setPointerCapture(event.pointerId); go(event); });
    canvas.addEventListener('pointermove', (event) => { if (event.buttons) go(event); });
    tip(canvas, () => this.overview ? `${plural(this.overview.buckets.reduce((sum, b) => sum + b[3], 0), 'operation')} failed, ${plural(this.overview.buckets.reduce((sum, b) => sum + b[2], 0), 'response')} with ROPs that failed` : '');
  }
}

// Calls it once at the end of a pause, and now and then in between.
function throttled(work, pause) {
  let timer = 0, last = 0;
  return () => {
    if (timer) return;
    const wait = Math.max(0, last + pause - Date.now());
    timer = setTimeout(() => { timer = 0; last = Date.now(); work(); }, wait);
  };
}
