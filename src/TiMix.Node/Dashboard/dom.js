// Small helpers for the document. Text is only ever set as text; styles go through the object model, so that the strictest
// content security policy holds.

const SVG = 'http://www.w3.org/2000/svg';

export const byId = (id) => document.getElementById(id);

/** Makes an element. Attributes: "text" its text, "style" an object of style properties, "on" an object of listeners, others as they are; null leaves one out. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined) {
      continue;
    }
    if (name === 'text') {
      node.textContent = value;
    } else if (name === 'style') {
      Object.entries(value).forEach(([property, set]) => node.style.setProperty(property, set));
    } else if (name === 'on') {
      Object.entries(value).forEach(([event, listener]) => node.addEventListener(event, listener));
    } else {
      node.setAttribute(name, value);
    }
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/** An element of a picture. */
export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  node.append(...children);
  return node;
}

/** Sets an element's text if it is another. */
export function say(node, text) {
  if (node.textContent !== text) {
    node.textContent = text;
  }
  return node;
}

/** Sets or removes an attribute if it differs; null removes. */
export function put(node, name, value) {
  if (value === null) {
    node.removeAttribute(name);
  } else if (node.getAttribute(name) !== `${value}`) {
    node.setAttribute(name, value);
  }
}

/** Shapes of what must not be told by colour alone, in a box of 12 by 12. */
const SHAPES = {
  go: 'M2 1 11 6 2 11Z',
  pause: 'M2 1H5V11H2ZM7 1H10V11H7Z',
  square: 'M1.5 1.5H10.5V10.5H1.5Z',
  diamond: 'M6 0 12 6 6 12 0 6Z',
  tick: 'M0.5 6.5 2.2 4.8 4.6 7.2 9.8 1.6 11.5 3.2 4.7 10.6Z',
  cross: 'M1 2.5 2.5 1 6 4.5 9.5 1 11 2.5 7.5 6 11 9.5 9.5 11 6 7.5 2.5 11 1 9.5 4.5 6Z',
  up: 'M6 1 11.5 11H0.5Z',
  down: 'M6 11 0.5 1H11.5Z',
  ring: 'M6 0.5A5.5 5.5 0 1 0 6 11.5 5.5 5.5 0 1 0 6 0.5ZM6 3A3 3 0 1 1 6 9 3 3 0 1 1 6 3Z',
  dot: 'M6 1A5 5 0 1 0 6 11 5 5 0 1 0 6 1Z',
};

/** A shape as a small picture in the text's colour; the word beside it says the same. */
export const shape = (name) => svg('svg', { viewBox: '0 0 12 12', class: 'shape', 'aria-hidden': 'true' }, svg('path', { d: SHAPES[name], 'fill-rule': 'evenodd' }));

/** The outline of a shape for a canvas. */
export const shapePath = (name) => new Path2D(SHAPES[name]);

/** Sets a shape and a word if it is not there yet. */
export function mark(node, name, word, kind) {
  put(node, 'data-kind', kind);
  if (node.dataset.said !== `${name} ${word}`) {
    node.dataset.said = `${name} ${word}`;
    node.replaceChildren(shape(name), document.createTextNode(word));
  }
}

const kept = new WeakMap();

/** Makes the children of a parent those of the items, in their order; what stays keeps its element, and so the focus. */
export function keyed(parent, items, keyOf, create, update) {
  const before = kept.get(parent) ?? new Map();
  const after = new Map();
  let place = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const node = before.get(key) ?? create(item);
    after.set(key, node);
    update(node, item);
    if (node === place) {
      place = place.nextElementSibling;
    } else {
      parent.insertBefore(node, place);
    }
  }
  for (const [key, node] of before) {
    if (after.get(key) !== node) {
      node.remove();
    }
  }
  kept.set(parent, after);
}

/** A box that scrolls; a stop for the keyboard only while there is something to scroll. */
export function scroller(title, node) {
  const box = el('div', { class: 'scroll', role: 'region', 'aria-labelledby': title }, node);
  const watch = new ResizeObserver(() => put(box, 'tabindex', box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1 ? 0 : null));
  watch.observe(box);
  watch.observe(node);
  return box;
}

/**
 * A table. Columns: { head, number: true for right-aligned }. Where it stacks, a narrow screen shows each row as a block; the roles
 * are said because stacking takes them from the elements.
 */
export function table(host, title, columns, stacks = true) {
  const body = el('tbody', { role: 'rowgroup' });
  const head = el('tr', { role: 'row' }, ...columns.map((column) => el('th', { role: 'columnheader', scope: 'col', class: column.number ? 'number' : null, text: column.head })));
  const node = el('table', { role: 'table', class: stacks ? 'stacks' : null, 'aria-labelledby': title }, el('thead', { role: 'rowgroup' }, head), body);
  host.append(scroller(title, node));
  const row = () => el('tr', { role: 'row' }, ...columns.map((column) => el('td', { role: 'cell', class: column.number ? 'number' : null, 'data-label': column.head })));
  return { node, body, row };
}
