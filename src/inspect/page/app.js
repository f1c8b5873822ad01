// Puts the page together: state from the server, what the address says, keys.
import {api, Rows} from './api.js';
import {Detail} from './detail.js';
import {$, recall, remember} from './dom.js';
import {FilterBox} from './filter.js';
import {count, plural} from './format.js';
import {Ladder} from './ladder.js';
import {StatsView} from './stats.js';

class App {
  constructor() {
    this.state = null;
    this.base = 0n;
    this.following = true;
    this.ladder = new Ladder((number, index) => this.go(number, {index}));
    this.detail = new Detail((number) => this.go(number, {push: true}), (text) => { this.filter.set(text); this.view('ladder'); });
    this.filter = new FilterBox((text) => this.applyFilter(text));
    this.stats = new StatsView((text) => { this.filter.set(text); this.view('ladder'); });
    this.bind();
    this.start();
  }

  async start() {
    this.theme(recall('theme', 'system'));
    this.layout(recall('layout', window.innerWidth > 2000 ? 'beside' : 'below'));
    const wanted = this.address();
    try {
      this.take(await api.state());
    } catch (error) {
      $('status').textContent = error.message;
    }
    if (wanted.filter) { $('filter').value = wanted.filter; await this.filter.submit(); }
    if (!this.rows) this.applyFilter('', true);
    if (wanted.view === 'stats') this.view('stats');
    this.pending = wanted.op;
    if (this.state) this.goWhenThere();
    this.listen();
    $('ladder').focus();
  }

  // ---- what the server says ----

  listen() {
    const source = new EventSource('api/events');
    source.onmessage = (event) => this.take(JSON.parse(event.data));
    source.onopen = () => $('status').classList.remove('lost');
    source.onerror = () => {
      $('status').classList.add('lost');
      $('status').textContent = 'the program that serves this page has ended, or cannot be reached';
      if (source.readyState === EventSource.CLOSED) setTimeout(() => { this.listen(); }, 3000);
    };
  }

  take(state) {
    const before = this.state;
    this.state = state;
    this.base = BigInt(state.base);
    this.ladder.base = this.base;
    document.title = `${state.title} — Ropewalk`;
    $('title').textContent = state.title;
    $('title').title = state.title;
    $('status').className = state.live ? 'live' : '';
    const words = [];
    if (state.loading) words.push(`${Math.round(state.share * 100)} % read`);
    words.push(plural(state.count, 'operation'));
    if (state.dropped) words.push(`${count(state.dropped)} older ones dropped`);
    if (state.live && state.masked) words.push('contents masked');
    $('status').textContent = words.join(' · ');
    $('status').title = [state.note, state.trouble].filter(Boolean).join('\n');
    if (state.note && !state.loading) $('status').textContent += ` · ${state.note}`;
    $('problems').hidden = !state.findings;
    $('problems').textContent = plural(state.findings ?? 0, 'problem');
    $('loading').hidden = !state.loading;
    $('loading').firstElementChild.style.width = `${state.share * 100}%`;
    $('follow').hidden = !state.live && !state.loading;
    $('sign-out').hidden = !state.sign_out;
    this.ladder.emptyText = state.loading ? 'Reading…' : state.live ? 'Nothing has happened yet.' : state.note || 'There is no operation in this capture.';
    this.goWhenThere();
    if (!before || before.version !== state.version) {
      this.rows?.refresh();
      this.stats.stale();
      this.lanes();
    }
  }

  // The operation that the address named may not have been read so far.
  goWhenThere() {
    if (!this.pending || !this.rows || (this.state.loading && this.state.last < this.pending)) return;
    this.go(this.pending, {keep: true});
    this.pending = 0;
  }

  async lanes() {
    if (this.laning) { this.laneAgain = true; return; }
    this.laning = true;
    try {
      const stats = await api.stats(this.rows?.filter ?? '');
      const busiest = [...stats.talkers].sort((a, b) => b.count - a.count).map(({name}) => name.split(' → '));
      this.ladder.setHosts([...new Set(busiest.map(([client]) => client))], [...new Set(busiest.map(([, server]) => server))]);
      if (!stats.complete) setTimeout(() => this.lanes(), 300);
    } catch { /* the list says so */ }
    this.laning = false;
    if (this.laneAgain) { this.laneAgain = false; setTimeout(() => this.lanes(), 2000); }
  }

  // ---- filter ----

  applyFilter(text, keep = false) {
    this.rows?.end();
    this.rows = new Rows(text, (rows) => this.rowsChanged(rows));
    this.ladder.open(this.rows, this.base);
    this.rows.refresh();
    this.stats.open(text);
    this.lanes();
    if (!keep) this.address({op: this.detail.number, filter: text});
    if (this.detail.number) this.ladder.find(this.detail.number).then((index) => { if (index !== undefined) this.ladder.reveal(index); }).catch(() => {});
  }

  rowsChanged(rows) {
    if (rows !== this.rows) return;
    this.ladder.changed(this.state?.live && this.following && !this.detail.number);
    const text = !rows.filter ? '' : rows.complete ? `${count(rows.total)} of ${count(this.state?.count ?? rows.seen)}` : `${count(rows.total)}… ${Math.round(100 * rows.seen / Math.max(1, this.state?.count ?? 1))} %`;
    this.filter.count(text);
    const row = this.detail.operation && rows.pages.size ? this.detail.operation : null;
    if (row && !row.b && row.d === 0 && this.state?.live) this.lookForAnswer(row.n);
  }

  async lookForAnswer(number) {
    if (this.looking || Date.now() < (this.lookAt ?? 0)) return;
    this.looking = true;
    this.lookAt = Date.now() + 1000;
    this.detail.refresh();
    try {
      const operation = await api.operation(number);
      if (operation.b && this.detail.number === number) {
        this.detail.number = 0;
        await this.detail.open(number, this.base);
        this.ladder.select(operation);
      }
    } catch { /* it is gone */ }
    this.looking = false;
  }

  // ---- one operation ----

  async go(number, {index, push = false, keep = false} = {}) {
    if (this.view() !== 'ladder') this.view('ladder');
    if (index === undefined) {
      try { index = await this.ladder.find(number); } catch { index = undefined; }
    }
    const row = index === undefined ? undefined : this.rows.at(index);
    this.ladder.select(row?.n === number ? row : {n: number});
    if (index !== undefined) this.ladder.reveal(index);
    if (!keep) this.address({op: number, filter: this.filter.text}, push);
    const operation = await this.detail.open(number, this.base);
    if (operation) this.ladder.select(operation);
  }

  // Steps through the list; details follow when one stops.
  step(by) {
    const {ladder} = this;
    const total = this.rows.total;
    if (!total) return;
    const index = Math.max(0, Math.min(total - 1, ladder.index < 0 ? ladder.list.first : ladder.index + by));
    ladder.index = index;
    ladder.reveal(index, false);
    clearTimeout(this.stepping);
    const arrive = async () => {
      const row = this.rows.at(index);
      if (row) { ladder.select(row); this.stepping = setTimeout(() => this.go(row.n, {index}), 60); return; }
      this.stepping = setTimeout(arrive, 60);
    };
    arrive();
  }

  async nextFailure(step) {
    const found = await this.ladder.nextFailure(step);
    if (found) this.go(found.number, {index: found.index});
  }

  // ---- the address ----

  address(to, push = false) {
    if (!to) {
      const parts = new URLSearchParams(location.hash.slice(1));
      return {op: Number(parts.get('op')) || 0, filter: parts.get('filter') ?? '', view: parts.get('view') ?? ''};
    }
    const parts = new URLSearchParams();
    if (to.op) parts.set('op', to.op);
    if (to.filter) parts.set('filter', to.filter);
    if (this.view() === 'stats') parts.set('view', 'stats');
    const hash = `#${parts}`;
    if (hash !== location.hash) history[push ? 'pushState' : 'replaceState'](null, '', hash === '#' ? location.pathname : hash);
    return undefined;
  }

  // ---- views ----

  view(name) {
    if (!name) return $('stats-view').hidden ? 'ladder' : 'stats';
    for (const each of ['ladder', 'stats']) {
      $(`${each}-view`).hidden = each !== name;
      $(`tab-${each}`).setAttribute('aria-selected', each === name);
    }
    if (name === 'stats') this.stats.show();
    else { this.stats.hide(); this.ladder.placeLanes(); }
    this.address({op: this.detail.number, filter: this.filter.text});
    $(name === 'stats' ? 'stats-view' : 'ladder').focus();
    return name;
  }

  theme(name) {
    remember('theme', name);
    this.themeName = name;
    const dark = name === 'dark' || (name === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
    document.documentElement.dataset.theme = dark ? 'dark' : 'light';
    $('theme').title = `${{light: 'Light', dark: 'Dark', system: 'As the system has it'}[name]} (t)`;
    this.ladder.drawOverview();
  }

  layout(name) {
    remember('layout', name);
    $('ladder-view').dataset.layout = name;
    $('splitter').setAttribute('aria-orientation', name === 'below' ? 'horizontal' : 'vertical');
  }

  // ---- keys and pointers ----

  bind() {
    $('tab-ladder').addEventListener('click', () => this.view('ladder'));
    $('tab-stats').addEventListener('click', () => this.view('stats'));
    $('problems').addEventListener('click', () => { this.view('stats'); $('stats-view').scrollTop = 0; });
    $('theme').addEventListener('click', () => this.nextTheme());
    $('layout').addEventListener('click', () => this.nextLayout());
    $('help-open').addEventListener('click', () => $('help').showModal());
    $('follow').addEventListener('click', () => this.follow());
    $('sign-out').addEventListener('click', async () => { await fetch('logout', {method: 'POST'}); location.reload(); });
    document.querySelector('.brand').addEventListener('click', (event) => { event.preventDefault(); this.filter.set(''); this.detail.clear(); this.ladder.select(null); this.view('ladder'); });
    window.addEventListener('hashchange', () => this.addressChanged());
    window.addEventListener('popstate', () => this.addressChanged());
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.theme(this.themeName));
    document.addEventListener('keydown', (event) => this.key(event));
    this.splitter($('splitter'), () => $('ladder-view').dataset.layout === 'below');
    this.splitter($('pane-splitter'), () => false);
  }

  addressChanged() {
    const wanted = this.address();
    if (wanted.filter !== this.filter.text) this.filter.set(wanted.filter);
    if (wanted.op && wanted.op !== this.detail.number) this.go(wanted.op, {keep: true});
  }

  nextTheme() { this.theme({system: 'dark', dark: 'light', light: 'system'}[this.themeName]); }
  nextLayout() { this.layout($('ladder-view').dataset.layout === 'below' ? 'beside' : 'below'); }
  follow() {
    this.following = !this.following;
    $('follow').setAttribute('aria-pressed', this.following);
    if (this.following) { this.ladder.list.top = this.ladder.list.full; this.detail.clear(); this.ladder.select(null); }
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || $('help').open) return;
    if (event.target.matches?.('input, textarea, select')) return;
    const inList = event.target === $('ladder') || event.target === document.body;
    const moves = inList ? {
      ArrowDown: 1, ArrowUp: -1, PageDown: this.ladder.list.fitting, PageUp: -this.ladder.list.fitting, Home: -Infinity, End: Infinity, j: 1, k: -1,
    } : {j: 1, k: -1};
    if (event.key in moves && this.view() === 'ladder') {
      const by = moves[event.key];
      this.step(by === Infinity ? this.rows.total : by === -Infinity ? -this.rows.total : by);
    } else if (!this.command(event)) {
      return;
    }
    event.preventDefault();
  }

  command(event) {
    const operation = this.detail.operation;
    switch (event.key) {
      case '/': $('filter').focus(); $('filter').select(); return true;
      case 'n': this.nextFailure(1); return true;
      case 'N': this.nextFailure(-1); return true;
      case 'r': if (operation?.a ?? operation?.b) this.go(operation.a ?? operation.b, {push: true}); return true;
      case 's': this.view(this.view() === 'stats' ? 'ladder' : 'stats'); return true;
      case 't': this.nextTheme(); return true;
      case 'l': this.nextLayout(); return true;
      case 'f': if (!$('follow').hidden) this.follow(); return true;
      case '?': $('help').showModal(); return true;
      case 'Escape': $('ladder').focus(); return true;
      case 'Enter':
        if (event.target !== $('ladder') || !operation) return false;
        $('tree').focus();
        if (!this.detail.tree.selected && this.detail.tree.rows.length) this.detail.tree.select(this.detail.tree.rows[0]);
        return true;
      default: return false;
    }
  }

  // Drags a border; `isFlat()`: it lies, and divides above from below.
  splitter(bar, isFlat) {
    const set = (event) => {
      const box = bar.parentElement.getBoundingClientRect();
      if (bar.id === 'pane-splitter') {
        if ($('ladder-view').dataset.layout === 'below') $('panes').style.setProperty('--hex-width', `${Math.max(180, Math.min(box.width - 220, box.right - event.clientX))}px`);
      } else if (isFlat()) {
        $('ladder-view').style.setProperty('--detail-height', `${Math.max(90, Math.min(box.height - 140, box.bottom - event.clientY))}px`);
      } else {
        $('ladder-view').style.setProperty('--detail-width', `${Math.max(300, Math.min(box.width - 420, box.right - event.clientX))}px`);
      }
    };
    bar.addEventListener('pointerdown', (event) => { bar.setPointerCapture(event.pointerId); bar.classList.add('moving'); });
    bar.addEventListener('pointermove', (event) => { if (bar.classList.contains('moving')) set(event); });
    bar.addEventListener('pointerup', () => bar.classList.remove('moving'));
    bar.addEventListener('keydown', (event) => {
      const by = {ArrowUp: [0, -24], ArrowDown: [0, 24], ArrowLeft: [-24, 0], ArrowRight: [24, 0]}[event.key];
      if (!by) return;
      const at = bar.getBoundingClientRect();
      set({clientX: at.left + by[0], clientY: at.top + by[1]});
      event.preventDefault();
      event.stopPropagation();
    });
  }
}

new App();
