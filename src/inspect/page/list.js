// A list of any length of which only what is seen exists: rows of one height, made when they come into sight.
import {eachFrame, element} from './dom.js';

// Browsers do not take elements that are much higher; beyond, scrolling is scaled.
const HIGHEST = 12_000_000;

export class VirtualList {
  // draw(row element, index) fills an element that may have shown another row before.
  constructor(scroll, height, draw, role = 'option') {
    this.scroll = scroll;
    this.height = height;
    this.draw = draw;
    this.role = role;
    this.count = 0;
    this.rows = [];
    this.spacer = element('div', {class: 'spacer', role: 'presentation'});
    scroll.append(this.spacer);
    this.update = eachFrame(() => this.render());
    scroll.addEventListener('scroll', this.update, {passive: true});
    new ResizeObserver(this.update).observe(scroll);
  }

  get full() { return this.count * this.height; }
  get shown() { return Math.min(this.full, HIGHEST); }
  // The place of the first pixel that is seen.
  get top() {
    const room = this.shown - this.scroll.clientHeight;
    if (this.shown === this.full || room <= 0) return this.scroll.scrollTop;
    return this.scroll.scrollTop / room * (this.full - this.scroll.clientHeight);
  }
  set top(pixels) {
    const room = this.shown - this.scroll.clientHeight;
    const scaled = this.shown === this.full ? pixels : pixels / (this.full - this.scroll.clientHeight) * room;
    this.scroll.scrollTop = Math.max(0, Math.round(scaled));
  }
  get first() { return Math.floor(this.top / this.height); }
  get fitting() { return Math.max(1, Math.floor(this.scroll.clientHeight / this.height)); }
  get isAtEnd() { return this.top + this.scroll.clientHeight >= this.full - this.height; }

  resize(count) {
    this.count = count;
    this.spacer.style.height = `${this.shown}px`;
    this.update();
  }

  // Scrolls as little as it takes, or to the middle.
  show(index, middle = false) {
    const at = index * this.height, {clientHeight} = this.scroll;
    const top = this.top;
    if (middle && (at < top || at + this.height > top + clientHeight)) this.top = at - clientHeight / 2 + this.height;
    else if (at < top) this.top = at;
    else if (at + this.height > top + clientHeight) this.top = at + this.height - clientHeight;
    this.update();
  }

  element(index) { return this.rows.find((row) => row.index === index && !row.node.hidden)?.node; }

  render() {
    const top = this.top;
    const first = Math.max(0, Math.floor(top / this.height) - 4);
    const last = Math.min(this.count, Math.ceil((top + this.scroll.clientHeight) / this.height) + 4);
    const offset = this.scroll.scrollTop - top;
    const free = this.rows.filter((row) => row.index < first || row.index >= last);
    const there = new Map(this.rows.filter((row) => row.index >= first && row.index < last).map((row) => [row.index, row]));
    for (let index = first; index < last; ++index) {
      let row = there.get(index);
      if (!row) {
        row = free.pop();
        if (!row) {
          row = {node: element('div', {role: this.role})};
          this.rows.push(row);
          this.spacer.append(row.node);
        }
        row.index = index;
      }
      row.node.hidden = false;
      row.node.style.top = `${Math.round(index * this.height + offset)}px`;
      this.draw(row.node, index);
    }
    for (const row of free) { row.node.hidden = true; row.index = -1; }
    this.onrender?.(first, last);
  }
}
