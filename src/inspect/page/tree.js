// The field tree. Each node counts in a buffer: nodes of type "plain bytes" begin the next one.
import {$, element, svg} from './dom.js';
import {VirtualList} from './list.js';

const DERIVED = 'plain bytes';
const OPEN_AT_ONCE = 60;  // rows

export class TreePane {
  // chosen(node), hovered(node or null): for the bytes.
  constructor(chosen, hovered) {
    this.chosen = chosen;
    this.hovered = hovered;
    this.rows = [];
    this.selected = null;
    this.list = new VirtualList($('tree'), 22, (node, index) => this.drawRow(node, index), 'treeitem');
    const box = $('tree');
    box.addEventListener('click', (event) => this.click(event));
    box.addEventListener('dblclick', (event) => { const at = this.nodeAt(event); if (at) this.toggle(at); });
    box.addEventListener('pointermove', (event) => this.hovered(this.nodeAt(event)));
    box.addEventListener('pointerleave', () => this.hovered(null));
    box.addEventListener('keydown', (event) => this.key(event));
  }

  open(root) {
    this.buffers = [];  // of each buffer: its leaves
    this.selected = null;
    this.rows = [];
    this.root = root ? this.prepare(root, null, 0, this.nextBuffer()) : null;
    const core = this.root ? innermost(this.root) : null;
    for (let above = core; above; above = above.parent) above.open = true;
    if (core) this.openSome(core);
    this.list.scroll.scrollLeft = 0;
    this.flatten();
    this.list.top = core && core !== this.root ? core.row * this.list.height : 0;
    return core;
  }

  nextBuffer() { this.buffers.push([]); return this.buffers.length - 1; }

  prepare(raw, parent, depth, buffer) {
    const derived = raw.type === DERIVED;
    const own = derived ? this.nextBuffer() : buffer;
    const node = {raw, parent, depth, buffer: own, derived, open: false, fields: null};
    if (raw.fields?.length) node.fields = raw.fields.map((field) => this.prepare(field, node, depth + 1, own));
    else if (raw.length) this.buffers[own].push(node);
    return node;
  }

  // Opens level by level, as long as it stays short.
  openSome(root) {
    let level = root.fields ?? [], shown = level.length + 1;
    while (level.length) {
      const next = [];
      for (const node of level) {
        if (!node.fields || shown + node.fields.length > OPEN_AT_ONCE) continue;
        node.open = true;
        shown += node.fields.length;
        next.push(...node.fields);
      }
      level = next;
    }
  }

  flatten() {
    this.rows = [];
    const walk = (node) => {
      node.row = this.rows.length;
      this.rows.push(node);
      if (node.open) node.fields?.forEach(walk);
    };
    if (this.root) walk(this.root);
    this.list.resize(this.rows.length);
  }

  drawRow(element_, index) {
    const node = this.rows[index];
    const {raw} = node;
    const values = [twisty(node), element('span', {class: 'name'}, raw.name)];
    const value = valueText(raw);
    if (value) values.push(element('span', {class: `value${value.kind}`, title: value.text.length > 40 ? value.text.slice(0, 2000) : null}, value.text.slice(0, 400)));
    if (raw.text && raw.text !== value?.text) values.push(element('span', {class: 'meaning'}, raw.text.slice(0, 400)));
    values.push(element('span', {class: 'where'}, raw.type === 'omitted' ? '' : `${raw.type && raw.type !== raw.name ? `${raw.type}  ` : ''}${raw.length ? `${raw.offset}+${raw.length}` : ''}`));
    const guides = element('span', {class: 'guides'});
    guides.style.width = `${node.depth * 16}px`;
    element_.replaceChildren(guides, ...values);
    element_.className = `node${node.derived ? ' derived' : ''}${raw.name === 'padding' || raw.name === 'unknown' ? ' padding' : ''}${raw.type === 'error' || raw.name === 'malformed' ? ' bad' : ''}`;
    element_.id = `node-${index}`;
    element_.dataset.row = index;
    element_.setAttribute('aria-level', node.depth + 1);
    element_.setAttribute('aria-selected', node === this.selected);
    if (node.fields) element_.setAttribute('aria-expanded', node.open);
    else element_.removeAttribute('aria-expanded');
    if (node === this.selected) $('tree').setAttribute('aria-activedescendant', element_.id);
  }

  nodeAt(event) {
    const row = event.target.closest?.('.node');
    return row ? this.rows[Number(row.dataset.row)] ?? null : null;
  }

  click(event) {
    const node = this.nodeAt(event);
    if (!node) return;
    if (event.target.closest('.twisty')) this.toggle(node);
    this.select(node);
  }

  toggle(node, open = !node.open) {
    if (!node.fields || node.open === open) return;
    node.open = open;
    this.flatten();
  }

  select(node, tell = true) {
    this.selected = node;
    if (node) this.list.show(node.row);
    this.list.update();
    if (tell) this.chosen(node);
  }

  reveal(node) {
    for (let above = node.parent; above; above = above.parent) above.open = true;
    this.flatten();
    this.select(node, false);
    this.list.show(node.row, true);
  }

  // The leaf that holds a byte.
  leaf(buffer, offset) {
    return this.buffers[buffer]?.find(({raw}) => offset >= raw.offset && offset < raw.offset + raw.length) ?? null;
  }
  selectByte(buffer, offset) {
    const node = this.leaf(buffer, offset);
    if (node) this.reveal(node);
    return node;
  }
  hoverByte(buffer, offset) { return this.leaf(buffer, offset); }

  key(event) {
    const at = this.selected?.row ?? -1;
    const node = this.selected;
    const go = (row) => { if (this.rows[row]) this.select(this.rows[row]); };
    switch (event.key) {
      case 'ArrowDown': go(at + 1); break;
      case 'ArrowUp': go(Math.max(0, at - 1)); break;
      case 'PageDown': go(Math.min(this.rows.length - 1, at + this.list.fitting)); break;
      case 'PageUp': go(Math.max(0, at - this.list.fitting)); break;
      case 'Home': go(0); break;
      case 'End': go(this.rows.length - 1); break;
      case 'ArrowRight':
        if (node?.fields && !node.open) this.toggle(node, true);
        else if (node?.fields) go(at + 1);
        break;
      case 'ArrowLeft':
        if (node?.open) this.toggle(node, false);
        else if (node?.parent) go(node.parent.row);
        break;
      case '*': if (node) { openAll(node, 2000); this.flatten(); } break;
      case ' ': if (node) this.toggle(node); break;
      default: return;
    }
    event.preventDefault();
    event.stopPropagation();
  }
}

// What all the wrapping is for: the first of the plain bytes that nothing else is unpacked from, or the node itself.
function innermost(node) {
  const within = (at) => {
    for (const field of at.fields ?? []) {
      const found = within(field);
      if (found) return found;
    }
    return at.derived ? at : null;
  };
  return within(node) ?? node;
}

function openAll(node, budget) {
  const stack = [node];
  while (stack.length && budget-- > 0) {
    const next = stack.pop();
    if (!next.fields) continue;
    next.open = true;
    stack.push(...next.fields);
  }
}

function twisty(node) {
  if (!node.fields) return element('span', {class: 'twisty'});
  return element('span', {class: 'twisty'}, svg('svg', {viewBox: '0 0 10 10', 'aria-hidden': 'true'}, svg('path', {d: 'M3 1l4 4-4 4'})));
}

function valueText(raw) {
  const {value} = raw;
  if (value === undefined || value === null) return null;
  if (typeof value === 'object' && 'redacted' in value) return {text: 'masked', kind: ' masked'};
  if (typeof value === 'string') {
    if (raw.type === 'bytes') return {text: value.length > 96 ? `${value.slice(0, 96)}…` : value, kind: ''};
    return {text: /^0x[0-9A-F]+$/i.test(value) ? value : JSON.stringify(value), kind: /^0x[0-9A-F]+$/i.test(value) ? '' : ' text'};
  }
  if (typeof value === 'object' && 'hex' in value) return {text: value.hex.length > 96 ? `${value.hex.slice(0, 96)}…` : value.hex, kind: ''};
  return {text: typeof value === 'object' ? JSON.stringify(value) : String(value), kind: ''};
}
