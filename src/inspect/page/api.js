// What the server knows, asked for piece by piece.

export class ApiError extends Error {
  constructor(status, text) { super(text); this.status = status; }
}

async function get(path, query = {}, signal = undefined) {
  const text = new URLSearchParams(query).toString();
  let response;
  try {
    response = await fetch(`api/${path}${text ? `?${text}` : ''}`, {signal, credentials: 'same-origin'});
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new ApiError(0, 'the program that serves this page has ended');
  }
  if (response.status === 401) { location.reload(); throw new ApiError(401, 'sign in again'); }
  const body = await response.json().catch(() => ({error: `the answer is not readable (status ${response.status})`}));
  if (!response.ok) throw new ApiError(response.status, body.error ?? `status ${response.status}`);
  return body;
}

export const api = {
  state: () => get('state'),
  operations: (filter, from, count) => get('operations', {filter, from, count}),
  operation: (number, signal) => get(`operation/${number}`, {}, signal),
  position: (filter, number) => get('position', {filter, number}),
  complete: (prefix) => get('complete', {prefix}),
  findings: () => get('findings'),
  stats: (filter) => get('stats', {filter}),
  overview: (filter, buckets) => get('overview', {filter, buckets}),
};

const PAGE = 200;      // rows
const MOST_PAGES = 80;  // kept
const AT_ONCE = 2;      // requests under way

// The rows of one filter's view. Calls changed() when more is known.
export class Rows {
  constructor(filter, changed) {
    this.filter = filter;
    this.changed = changed;
    this.total = 0;
    this.complete = false;
    this.seen = 0;
    this.dropped = 0;
    this.error = null;
    this.pages = new Map();   // index -> rows, in the order of their last use
    this.wanted = [];         // indices, the last one first
    this.under_way = new Set();
    this.over = false;
  }

  // The row at a place, or undefined where it is not here yet.
  at(index) {
    const number = Math.floor(index / PAGE);
    const page = this.pages.get(number);
    if (!page || page.stale) this.want(number);
    return page?.rows[index - number * PAGE];
  }

  want(number) {
    if (this.under_way.has(number) || this.over) return;
    this.wanted = this.wanted.filter((n) => n !== number);
    this.wanted.push(number);
    if (this.wanted.length > 4) this.wanted.shift();  // scrolled past
    this.pump();
  }

  pump() {
    while (this.under_way.size < AT_ONCE && this.wanted.length && !this.over) this.load(this.wanted.pop());
  }

  async load(number) {
    this.under_way.add(number);
    try {
      const answer = await api.operations(this.filter, number * PAGE, PAGE);
      if (this.over) return;
      this.take(answer);
      this.pages.delete(number);
      this.pages.set(number, {rows: answer.rows, stale: false});
      if (this.pages.size > MOST_PAGES) this.pages.delete(this.pages.keys().next().value);
      this.error = null;
      if (!answer.complete) setTimeout(() => this.refresh(), 30);
    } catch (error) {
      this.error = error;
    } finally {
      this.under_way.delete(number);
      if (!this.over) { this.pump(); this.changed(this); }
    }
  }

  take(answer) {
    if (answer.dropped !== this.dropped) {  // all places have moved
      this.moved = (this.moved ?? 0) + answer.dropped - this.dropped;
      this.dropped = answer.dropped;
      for (const page of this.pages.values()) page.stale = true;
    }
    this.total = answer.total;
    this.complete = answer.complete;
    this.seen = answer.seen;
  }

  // There is more than there was: asks how much.
  async refresh() {
    if (this.over || this.refreshing) return;
    this.refreshing = true;
    try {
      const last = Math.floor(Math.max(this.total - 1, 0) / PAGE);
      const answer = await api.operations(this.filter, last * PAGE, PAGE);
      if (this.over) return;
      this.take(answer);
      this.pages.set(last, {rows: answer.rows, stale: false});
      this.changed(this);
    } catch (error) {
      this.error = error;
      this.changed(this);
    } finally {
      this.refreshing = false;
    }
    if (!this.complete && !this.error) setTimeout(() => this.refresh(), 60);
  }

  end() { this.over = true; }
}
