// Small helpers for elements.

export const $ = (id) => document.getElementById(id);

// element('div', {class: 'x', title: 'y', onclick: f}, child, 'text', ...)
export function element(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', tag), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || (value === false && !name.startsWith('aria-'))) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true && !name.startsWith('aria-') ? '' : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== '') node.append(child);
  return node;
}

// One line of words at the pointer, for whatever has been given one by tip().
export function tip(node, text) {
  const box = $('tip');
  const move = (event) => {
    box.textContent = typeof text === 'function' ? text() : text;
    box.hidden = !box.textContent;
    const {innerWidth: w, innerHeight: h} = window;
    box.style.left = `${Math.min(event.clientX + 12, w - box.offsetWidth - 8)}px`;
    box.style.top = `${event.clientY + 18 + box.offsetHeight > h ? event.clientY - box.offsetHeight - 8 : event.clientY + 18}px`;
  };
  node.addEventListener('pointermove', move);
  node.addEventListener('pointerleave', () => { box.hidden = true; });
  return node;
}

// Calls it at most once a frame.
export function eachFrame(work) {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => { waiting = false; work(); });
  };
}

export function remember(key, value) {
  try { localStorage.setItem(`ropewalk.${key}`, value); } catch { /* a private window keeps nothing */ }
}
export function recall(key, otherwise) {
  try { return localStorage.getItem(`ropewalk.${key}`) ?? otherwise; } catch { return otherwise; }
}
