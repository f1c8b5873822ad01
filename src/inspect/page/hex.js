// The bytes of an operation: a tab for each buffer, a line for each sixteen of them.
import {$, element} from './dom.js';
import {bytes as size, hex} from './format.js';
import {VirtualList} from './list.js';

const LINE = 16;

export class HexPane {
  // chosen(buffer, offset): the person pointed at a byte. found(buffer, offset): the field that holds one.
  constructor(chosen, found) {
    this.chosen = chosen;
    this.found = found;
    this.buffers = [];
    this.current = 0;
    this.list = new VirtualList($('hex'), 20, (node, index) => this.drawRow(node, index), 'row');
    const box = $('hex');
    box.addEventListener('click', (event) => this.pick(this.offsetAt(event)));
    box.addEventListener('pointermove', (event) => {
      const at = this.offsetAt(event);
      this.hover(at === undefined ? null : this.found(this.current, at));
    });
    box.addEventListener('pointerleave', () => this.hover(null));
    box.addEventListener('keydown', (event) => this.key(event));
  }

  // `leaves`: of each buffer, the fields without fields. `first`: the buffer to show.
  open(buffers, leaves, first = 0) {
    this.buffers = (buffers ?? []).map((buffer, i) => {
      const text = atob(buffer.base64);
      const data = Uint8Array.from(text, (c) => c.charCodeAt(0));
      return {...buffer, data, shade: shades(data.length, leaves[i] ?? [])};
    });
    this.node = this.under = null;
    this.cursor = -1;
    this.tabs();
    this.show(this.buffers[first] ? first : 0);
  }

  tabs() {
    $('buffers').replaceChildren(...this.buffers.map((buffer, i) => element('button', {
      role: 'tab', type: 'button', 'aria-selected': i === this.current, title: buffer.origin, onclick: () => this.show(i),
    }, buffer.name || `buffer ${i}`, element('small', {}, `${buffer.origin && buffer.origin !== buffer.name ? `${buffer.origin}, ` : ''}${size(buffer.size)}`))));
  }

  get data() { return this.buffers[this.current]?.data ?? new Uint8Array(); }

  show(buffer) {
    if (buffer !== this.current) this.list.top = 0;
    this.current = buffer;
    [...$('buffers').children].forEach((tab, i) => tab.setAttribute('aria-selected', i === buffer));
    $('buffers').children[buffer]?.scrollIntoView({block: 'nearest', inline: 'nearest'});
    this.list.resize(Math.ceil(this.data.length / LINE));
    this.foot();
  }

  // Shows where a field stands.
  select(node) {
    this.node = node;
    this.cursor = -1;
    if (node) {
      if (node.buffer !== this.current && this.buffers[node.buffer]) this.show(node.buffer);
      if (node.raw.length) {
        this.list.show(Math.floor((node.raw.offset + Math.min(node.raw.length, LINE * this.list.fitting) - 1) / LINE));
        this.list.show(Math.floor(node.raw.offset / LINE), true);
      }
    }
    this.foot();
    this.list.update();
  }

  hover(node) {
    if (node === this.under) return;
    this.under = node;
    this.list.update();
    this.foot();
  }

  offsetAt(event) {
    const at = event.target.dataset?.at;
    return at === undefined ? undefined : Number(at);
  }

  pick(offset) {
    if (offset === undefined || offset < 0 || offset >= this.data.length) return;
    this.node = this.chosen(this.current, offset) ?? null;
    this.cursor = offset;
    this.list.show(Math.floor(offset / LINE));
    this.foot();
    this.list.update();
  }

  key(event) {
    const step = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -LINE, ArrowDown: LINE, PageUp: -LINE * this.list.fitting, PageDown: LINE * this.list.fitting}[event.key];
    if (step === undefined) return;
    const from = this.cursor >= 0 ? this.cursor : this.node?.buffer === this.current ? this.node.raw.offset : 0;
    this.pick(Math.max(0, Math.min(this.data.length - 1, from + step)));
    event.preventDefault();
    event.stopPropagation();
  }

  // The class of a byte.
  mark(at) {
    const holds = (node) => node && node.buffer === this.current && at >= node.raw.offset && at < node.raw.offset + node.raw.length;
    const selected = holds(this.node) ? this.node.fields ? ' sel within' : ' sel' : '';
    return `${selected}${!selected && this.buffers[this.current].shade[at] ? ' odd' : ''}${holds(this.under) ? ' hover' : ''}${at === this.cursor ? ' cursor' : ''}`;
  }

  drawRow(node, index) {
    const {data} = this;
    const begin = index * LINE, end = Math.min(begin + LINE, data.length);
    const cells = [element('span', {class: 'at'}, hex(begin, data.length > 0xFFFF ? 6 : 4))];
    const letters = element('span', {class: 'ascii'});
    for (let at = begin; at < begin + LINE; ++at) {
      if (at >= end) { cells.push(element('span', {class: 'b'}, '  ')); continue; }
      const value = data[at], mark = this.mark(at);
      cells.push(element('span', {class: `b${mark}${value ? '' : ' zero'}`, 'data-at': at}, hex(value, 2)));
      letters.append(element('span', {class: `a${mark}`, 'data-at': at}, value >= 0x20 && value < 0x7F ? String.fromCharCode(value) : '·'));
    }
    node.className = 'hex-row';
    node.replaceChildren(...cells, letters);
  }

  foot() {
    const buffer = this.buffers[this.current];
    if (!buffer) { $('hex-foot').textContent = 'no bytes are kept'; return; }
    const node = this.under ?? this.node;
    const path = [];
    for (let at = node; at; at = at.parent) path.unshift(at.raw.name);
    const cut = buffer.size > buffer.data.length ? ` — the first ${size(buffer.data.length)} are shown` : '';
    $('hex-foot').textContent = node ? `${path.slice(-4).join(' › ')}   ${node.raw.length} B at ${node.raw.offset} (0x${hex(node.raw.offset, 4)})` : `${size(buffer.size)}${cut}`;
  }
}

// Every other field a shade darker, so that their borders are seen.
function shades(length, leaves) {
  const shade = new Uint8Array(length);
  leaves.forEach(({raw}, i) => { if (i % 2) shade.fill(1, raw.offset, raw.offset + raw.length); });
  return shade;
}
