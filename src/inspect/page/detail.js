// One operation: what is known of it, its fields beside its bytes.
import {api} from './api.js';
import {$, element} from './dom.js';
import {bytes, dateTime, DIRECTION, SEVERITY, since, span} from './format.js';
import {HexPane} from './hex.js';
import {TreePane} from './tree.js';

export class Detail {
  // go(number): to another operation; filter(text): show only such.
  constructor(go, filter) {
    this.go = go;
    this.filter = filter;
    this.number = 0;
    this.cache = new Map();
    this.tree = new TreePane((node) => this.hex.select(node), (node) => this.hex.hover(node));
    this.hex = new HexPane((buffer, offset) => this.tree.selectByte(buffer, offset),
                           (buffer, offset) => this.tree.hoverByte(buffer, offset));
  }

  async open(number, base) {
    if (number === this.number) return this.operation;
    this.number = number;
    this.request?.abort();
    this.request = new AbortController();
    let operation = this.cache.get(number);
    try {
      operation ??= await api.operation(number, this.request.signal);
    } catch (error) {
      if (error.name === 'AbortError') return undefined;
      this.clear(error.message);
      return undefined;
    }
    if (number !== this.number) return undefined;
    this.keep(number, operation);
    this.operation = operation;
    this.draw(operation, base);
    return operation;
  }

  keep(number, operation) {
    this.cache.delete(number);
    this.cache.set(number, operation);
    if (this.cache.size > 20) this.cache.delete(this.cache.keys().next().value);
  }

  // The response may have come since.
  refresh() { this.cache.clear(); }

  clear(text = '') {
    this.number = 0;
    this.operation = undefined;
    $('detail-head').hidden = $('panes').hidden = true;
    $('detail-empty').hidden = false;
    if (text) $('detail-empty').firstElementChild.textContent = text;
  }

  draw(operation, base) {
    $('detail-empty').hidden = true;
    $('detail-head').hidden = $('panes').hidden = false;
    $('detail-head').replaceChildren(this.headline(operation), this.facts(operation, base), ...this.lists(operation));
    const root = operation.tree;
    const core = this.tree.open(root);
    this.hex.open(operation.buffers, this.tree.buffers, core?.buffer ?? 0);
    this.hex.select(null);
  }

  headline(operation) {
    const tone = operation.sv ? SEVERITY[operation.sv] : operation.d === 1 ? 'good' : '';
    const link = (number, words) => element('a', {href: `#op=${number}`, onclick: (event) => {
      event.preventDefault();
      this.go(number);
    }}, words);
    return element('div', {class: 'headline'},
      element('span', {class: 'number'}, `#${operation.n}`),
      element('h1', {}, element('span', {class: 'layer'}, `${operation.l} `), operation.m),
      element('span', {class: 'badge'}, DIRECTION[operation.d]),
      operation.r || tone ? element('span', {class: `badge ${tone}`}, (operation.r || (operation.d === 1 ? 'done' : 'see notes')) + (operation.sv === 2 ? ', with ROPs that failed' : '')) : null,
      element('span', {class: 'links'},
        operation.a ? link(operation.a, `← request #${operation.a}`) : null,
        operation.b ? link(operation.b, `response #${operation.b} →`) : null,
        element('button', {type: 'button', title: 'An address that leads here', onclick: (event) => this.copyLink(event.target)}, 'Copy link')));
  }

  async copyLink(button) {
    let words = 'Copied';
    try { await navigator.clipboard.writeText(location.href); } catch { words = 'See the address bar'; }
    button.textContent = words;
    setTimeout(() => { button.textContent = 'Copy link'; }, 1500);
  }

  facts(operation, base) {
    const fact = (name, value) => value === undefined || value === '' ? null : element('span', {}, element('i', {}, name), element('code', {}, String(value)));
    const frames = operation.frames ?? [];
    return element('div', {class: 'facts'},
      fact('at', operation.t === undefined ? '' : `${since(operation.t)} s`),
      fact('', operation.t === undefined ? '' : dateTime(base, operation.t)),
      fact('from', operation.src), fact('to', operation.dst),
      fact('connection', operation.c),
      fact(frames.length > 1 ? 'frames' : 'frame', frames.length > 4 ? `${frames[0]} … ${frames.at(-1)} (${frames.length})` : frames.join(', ')),
      fact('answer after', span(operation.rt)), fact('size', bytes(operation.s)),
      fact('what', operation.dt), fact('opnum', operation.opnum), fact('call', operation.call), fact('user', operation.u));
  }

  lists(operation) {
    const rops = (operation.rops ?? []).map(([name, error, object, words]) => element('button', {
      type: 'button', class: `rop-chip${error ? ' failed' : ''}`, title: `Show only operations with ${name}`,
      onclick: () => this.filter(`mapi.rop == "${name}"`),
    }, name, object ? element('em', {}, object) : null, error ? element('b', {}, words) : null));
    if (operation.ropn) rops.push(element('span', {class: 'rop-chip'}, `and ${operation.ropn - rops.length} more`));
    const notes = (operation.notes ?? []).map((note) => element('span', {class: 'note'}, note));
    return [rops.length ? element('div', {class: 'rop-chips'}, rops) : '', notes.length ? element('div', {class: 'notes'}, notes) : ''].filter(Boolean);
  }
}
