// Light or dark: as the system has it, unless the viewer says otherwise.
import { byId, el, say } from './dom.js';

const KEY = 'timix-theme';
const CHOICES = ['system', 'light', 'dark'];
const listeners = [];
let probe = null;

/** Calls back when the colours have changed. */
export const onColours = (listener) => listeners.push(listener);

const told = () => listeners.forEach((listener) => listener());

/** The colour that a custom property stands for now, as a canvas understands it. */
export function colour(name) {
  probe ??= document.body.appendChild(el('span', { hidden: '' }));
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

/** How many colours can be told apart; further ones repeat them, with another dash. */
export const COLOURS = 7;

/** Name of the colour number i. */
export const paletteName = (i) => `c${i % COLOURS}`;

/** Dashes tell lines apart for whoever cannot by colour. */
const DASHES = [[], [8, 4], [2, 3], [10, 3, 2, 3], [5, 2], [1, 4], [12, 6]];

export const dash = (i) => DASHES[(i + Math.floor(i / COLOURS)) % DASHES.length];

function remember(choice) {
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // A browser that keeps nothing: the choice holds for this page.
  }
}

function remembered() {
  try {
    const choice = localStorage.getItem(KEY);
    return CHOICES.includes(choice) ? choice : 'system';
  } catch {
    return 'system';
  }
}

/** Sets the theme that was chosen before, and the button that changes it. */
export function startTheme() {
  const button = byId('theme');
  let choice = remembered();
  const apply = () => {
    if (choice === 'system') {
      delete document.documentElement.dataset.theme;
    } else {
      document.documentElement.dataset.theme = choice;
    }
    say(button, `Theme: ${choice}`);
    told();
  };
  button.addEventListener('click', () => {
    choice = CHOICES[(CHOICES.indexOf(choice) + 1) % CHOICES.length];
    remember(choice);
    apply();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', told);
  apply();
}
