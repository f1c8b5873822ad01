// The filter box: completes names, says what is wrong, applies on Enter.
import {api} from './api.js';
import {$, element, recall, remember} from './dom.js';

const PATIENCE = 350;  // milliseconds until what is typed is checked

export class FilterBox {
  constructor(apply) {
    this.apply = apply;
    this.input = $('filter');
    this.text = '';     // what is applied
    this.choice = -1;
    this.names = [];
    this.history = JSON.parse(recall('filters', '[]'));
    this.input.addEventListener('input', () => this.typed());
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.input.addEventListener('blur', () => setTimeout(() => this.close(), 120));
    this.input.addEventListener('focus', () => { if (!this.input.value) this.suggest(); });
    $('filter-clear').addEventListener('click', () => this.set(''));
  }

  // Applies a filter as if it had been typed.
  set(text) {
    this.input.value = text;
    this.submit();
  }

  async submit() {
    const text = this.input.value.trim();
    this.close();
    clearTimeout(this.timer);
    if (text && !await this.check(text)) return;
    if (!text) this.verdict('');
    this.text = text;
    if (text) {
      this.history = [text, ...this.history.filter((old) => old !== text)].slice(0, 20);
      remember('filters', JSON.stringify(this.history));
    }
    $('filter-clear').hidden = !text;
    this.apply(text);
  }

  // Whether the filter can be read; says so.
  async check(text) {
    try {
      await api.position(text, 0);
      if (this.input.value.trim() === text) this.verdict('good');
      return true;
    } catch (error) {
      if (this.input.value.trim() === text) this.verdict('bad', error.message);
      return false;
    }
  }

  verdict(tone, message = '') {
    const box = $('filter-box');
    box.classList.toggle('good', tone === 'good');
    box.classList.toggle('bad', tone === 'bad');
    this.message = message;
    this.input.setAttribute('aria-invalid', tone === 'bad');
    this.showMessage();
  }
  showMessage() {
    $('filter-message').hidden = !this.message || !$('completions').hidden;
    $('filter-message').textContent = this.message ?? '';
  }

  typed() {
    clearTimeout(this.timer);
    const text = this.input.value.trim();
    $('filter-clear').hidden = !text && !this.text;
    this.verdict('');
    this.suggest();
    if (text) this.timer = setTimeout(() => { if ($('completions').hidden) this.check(text); }, PATIENCE);
  }

  // The name that is being written: [begin, text]; nothing inside quotes.
  word() {
    const before = this.input.value.slice(0, this.input.selectionStart);
    if ((before.match(/"/g) ?? []).length % 2) return null;
    const text = /[A-Za-z_][\w.\-]*$/.exec(before)?.[0];
    return text ? {begin: before.length - text.length, text} : null;
  }

  async suggest() {
    const word = this.word();
    if (!word) {
      if (!this.input.value && this.history.length) return this.list(this.history, '', 0);
      return this.close();
    }
    let names;
    try { ({names} = await api.complete(word.text)); } catch { return this.close(); }
    if (this.word()?.text !== word.text || document.activeElement !== this.input) return undefined;
    names = names.filter((name) => name !== word.text);
    if (!names.length) return this.close();
    this.verdict('');
    return this.list(names, word.text, word.begin);
  }

  list(names, typed, begin) {
    this.names = names;
    this.begin = begin;
    this.choice = -1;
    $('completions').replaceChildren(...names.map((name, i) => {
      const same = typed && name.toLowerCase().startsWith(typed.toLowerCase());
      return element('li', {role: 'option', id: `completion-${i}`, 'aria-selected': false, onpointerdown: (event) => { event.preventDefault(); this.take(i); }},
        same ? [element('b', {}, name.slice(0, typed.length)), name.slice(typed.length)] : name);
    }));
    $('completions').hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.showMessage();
  }

  close() {
    $('completions').hidden = true;
    this.choice = -1;
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
    this.showMessage();
    return undefined;
  }

  choose(index) {
    const items = [...$('completions').children];
    this.choice = (index + items.length) % items.length;
    items.forEach((item, i) => item.setAttribute('aria-selected', i === this.choice));
    items[this.choice].scrollIntoView({block: 'nearest'});
    this.input.setAttribute('aria-activedescendant', items[this.choice].id);
  }

  take(index) {
    const end = this.input.selectionStart, {value} = this.input;
    const name = this.names[index];
    const whole = !this.word();  // from the history
    this.input.value = whole ? name : value.slice(0, this.begin) + name + value.slice(end);
    const caret = whole ? name.length : this.begin + name.length;
    this.input.setSelectionRange(caret, caret);
    this.close();
    this.input.focus();
    this.timer = setTimeout(() => this.check(this.input.value.trim()), PATIENCE);
  }

  key(event) {
    const open = !$('completions').hidden;
    if (event.key === 'ArrowDown' && open) this.choose(this.choice + 1);
    else if (event.key === 'ArrowUp' && open) this.choose(this.choice < 0 ? -1 : this.choice - 1);
    else if (event.key === 'Tab' && open && !event.shiftKey) this.take(Math.max(0, this.choice));
    else if (event.key === 'Enter' && open && this.choice >= 0) this.take(this.choice);
    else if (event.key === 'Enter') this.submit();
    else if (event.key === 'Escape' && open) this.close();
    else if (event.key === 'Escape' && this.input.value !== this.text) { this.input.value = this.text; this.typed(); this.close(); }
    else if (event.key === 'Escape') { this.input.blur(); $('ladder').focus(); }
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  count(text) { $('filter-count').textContent = text; }
}
