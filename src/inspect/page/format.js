// Numbers, times and sizes as people read them.

const grouped = new Intl.NumberFormat('en-US');
export const count = (n) => grouped.format(n);
export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

export function bytes(n) {
  if (n < 1000) return `${n} B`;
  for (const unit of ['kB', 'MB', 'GB', 'TB']) {
    n /= 1000;
    if (n < 999.5) return `${n < 10 ? n.toFixed(1) : Math.round(n)} ${unit}`;
  }
  return `${Math.round(n)} TB`;
}

// Nanoseconds, three digits or so.
export function span(ns) {
  if (ns === undefined || ns === null) return '';
  if (ns < 1000) return `${ns} ns`;
  for (const [unit, size] of [['µs', 1e3], ['ms', 1e6], ['s', 1e9]]) {
    const value = ns / size;
    if (value < 999.5 || unit === 's') {
      if (unit === 's' && value >= 120) return `${Math.round(value / 60)} min`;
      return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
    }
  }
  return '';
}

// "1.00 ms" as "1 ms", for scales.
export const round = (text) => text.replace(/^0 ns$/, '0').replace(/\.0+(?= )/, '').replace(/(\.\d*?)0+(?= )/, '$1');

// Nanoseconds since the start, as seconds.
export const since = (ns) => (ns / 1e9).toFixed(6);

// `base`: BigInt nanoseconds since 1970.
export function timeOfDay(base, ns) {
  const date = new Date(Number((base + BigInt(Math.round(ns))) / 1000000n));
  const micros = Number(((base + BigInt(Math.round(ns))) / 1000n) % 1000n).toString().padStart(3, '0');
  const two = (n) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}${micros}`;
}
export function dateTime(base, ns) {
  const date = new Date(Number((base + BigInt(Math.round(ns))) / 1000000n));
  const two = (n) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${timeOfDay(base, ns)}`;
}

export const hex = (n, digits) => n.toString(16).toUpperCase().padStart(digits, '0');

// "192.0.2.1:6001" and "[2001:db8::1]:6001"
export function endpoint(text) {
  const at = text.lastIndexOf(':');
  if (at < 0) return {host: text, port: ''};
  return {host: text.slice(0, at).replace(/^\[|\]$/g, ''), port: text.slice(at + 1)};
}

export const SEVERITY = ['plain', 'noted', 'partial', 'failed'];
export const DIRECTION = ['request', 'response', 'one way'];
