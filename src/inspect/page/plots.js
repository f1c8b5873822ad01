// Plots as SVG, drawn from numbers.
import {svg, tip} from './dom.js';
import {round} from './format.js';

const LEFT = 46, RIGHT = 12, TOP = 8, BOTTOM = 24;

// Round steps from 0 that go beyond `most`.
export function ticks(most, wanted = 4, whole = true) {
  if (!(most > 0)) return [0, 1];
  const raw = most / wanted, power = 10 ** Math.floor(Math.log10(raw));
  let step = [1, 2, 2.5, 5, 10].map((n) => n * power).find((n) => n >= raw);
  if (whole) step = Math.max(1, Math.ceil(step));
  const list = [];
  for (let value = 0; ; value += step) {
    list.push(value);
    if (value >= most) return list;
  }
}

function frame(width, height, label) {
  return svg('svg', {class: 'plot', viewBox: `0 0 ${width} ${height}`, height, role: 'img', 'aria-label': label});
}

function scaleY(plot, width, height, steps, format) {
  const most = steps.at(-1), room = height - TOP - BOTTOM;
  const y = (value) => TOP + room * (1 - value / most);
  for (const step of steps) {
    plot.append(svg('line', {class: step ? 'grid' : 'axis', x1: LEFT, x2: width - RIGHT, y1: y(step), y2: y(step)}));
    plot.append(svg('text', {x: LEFT - 7, y: y(step) + 4, 'text-anchor': 'end'}, format(step)));
  }
  return y;
}

// Bars one beside the other. bars: [{parts: [[class, value]...], tip}]; labels: [[place 0..1, text]].
// line: values of a second scale, drawn over them.
export function columns({width, height = 170, bars, labels, format = String, label, line, lineClass = 'slow', whole = true}) {
  const plot = frame(width, height, label);
  const sums = bars.map(({parts}) => parts.reduce((sum, [, value]) => sum + value, 0));
  const y = scaleY(plot, width, height, ticks(Math.max(...sums, 0), 4, whole), format);
  const room = width - LEFT - RIGHT, step = room / Math.max(bars.length, 1);
  const wide = Math.max(1, step - (step > 6 ? 2 : step > 3 ? 1 : 0));
  bars.forEach(({parts, tip: words}, i) => {
    let sum = 0;
    for (const [kind, value] of parts) {
      if (!value) continue;
      const top = y(sum + value), bottom = y(sum);
      plot.append(svg('rect', {class: kind, x: LEFT + i * step, y: Math.min(top, bottom - 1), width: wide, height: Math.max(1, bottom - top), rx: step > 8 ? 1.5 : 0}));
      sum += value;
    }
    plot.append(tip(svg('rect', {class: 'hit', x: LEFT + i * step, y: TOP, width: step, height: height - TOP - BOTTOM}), words));
  });
  if (line) {
    const most = Math.max(...line, 1), low = height - BOTTOM;
    const points = line.map((value, i) => `${LEFT + (i + .5) * step},${low - value / most * (height - TOP - BOTTOM) * .94}`);
    const path = svg('polyline', {class: lineClass, points: points.join(' ')});
    path.style.pointerEvents = 'none';
    plot.append(path);
  }
  for (const [at, text] of labels) {
    const x = LEFT + at * room;
    plot.append(svg('text', {x, y: height - 7, 'text-anchor': at > .97 ? 'end' : at < .03 ? 'start' : 'middle'}, text));
  }
  return plot;
}

// Bars one below the other. rows: [{name, parts, amount, tip, go}]
export function bars({width, rows, label, nameWidth = 190}) {
  const line = 24, height = rows.length * line + 4;
  const plot = frame(width, height, label);
  const most = Math.max(...rows.map(({parts}) => parts.reduce((sum, [, value]) => sum + value, 0)), 1);
  const room = width - nameWidth - 84;
  rows.forEach(({name, parts, amount, tip: words, go}, i) => {
    const group = svg('g', go ? {class: 'link', onclick: go, role: 'link', 'aria-label': `${name}: ${amount}`} : {});
    const middle = i * line + line / 2;
    group.append(svg('rect', {class: 'hit', x: 0, y: i * line, width, height: line}));
    group.append(svg('text', {class: 'name', x: nameWidth - 10, y: middle + 4, 'text-anchor': 'end'}, shorten(name, nameWidth)));
    let x = nameWidth;
    for (const [kind, value] of parts) {
      const wide = value / most * room;
      if (value) group.append(svg('rect', {class: kind, x, y: i * line + 5, width: Math.max(wide, 1.5), height: line - 10, rx: 2}));
      x += wide;
    }
    group.append(svg('text', {class: 'amount', x: x + 7, y: middle + 4}, amount));
    plot.append(tip(group, words ?? name));
  });
  return plot;
}

// Where most, nearly all, and the slowest answers lie, on a logarithmic scale. rows: [{name, p50, p90, p99, max, tip, go}]
export function ranges({width, rows, format, label, nameWidth = 220}) {
  const line = 26, height = rows.length * line + 28;
  const plot = frame(width, height, label);
  const low = Math.floor(Math.log10(Math.max(1e3, Math.min(...rows.map((row) => row.p50))))), high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...rows.map((row) => row.max), 1))));
  const room = width - nameWidth - 70;
  const x = (value) => nameWidth + (Math.log10(Math.max(value, 10 ** low)) - low) / (high - low) * room;
  for (let power = low; power <= high; ++power) {
    plot.append(svg('line', {class: 'grid', x1: x(10 ** power), x2: x(10 ** power), y1: 0, y2: height - 22}));
    plot.append(svg('text', {x: x(10 ** power), y: height - 7, 'text-anchor': 'middle'}, round(format(10 ** power))));
  }
  rows.forEach((row, i) => {
    const y = i * line + line / 2;
    const group = svg('g', row.go ? {class: 'link', onclick: row.go, role: 'link', 'aria-label': row.name} : {});
    group.append(svg('rect', {class: 'hit', x: 0, y: i * line, width, height: line}),
      svg('text', {class: 'name', x: nameWidth - 12, y: y + 4, 'text-anchor': 'end'}, shorten(row.name, nameWidth)),
      svg('line', {class: 'max', x1: x(row.p50), x2: x(row.max), y1: y, y2: y}),
      svg('line', {class: 'range', x1: x(row.p50), x2: x(row.p90), y1: y, y2: y}),
      svg('circle', {class: 'p50', cx: x(row.p50), cy: y, r: 5}),
      svg('circle', {class: 'p99', cx: x(row.p99), cy: y, r: 3.5}),
      svg('text', {class: 'amount', x: Math.max(x(row.max), x(row.p90) + 5) + 9, y: y + 4}, format(row.p50)));
    plot.append(tip(group, row.tip));
  });
  return plot;
}

function shorten(name, width) {
  const most = Math.floor(width / 7);
  return name.length > most ? `${name.slice(0, most - 1)}…` : name;
}
