// How numbers, times and sizes are written. A value that is not there is written as a dash.

const NONE = '–';
const plain = new Map();

/** A number with so many decimals. */
export function number(value, digits = 0) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return NONE;
  }
  if (!plain.has(digits)) {
    plain.set(digits, new Intl.NumberFormat('en-GB', { minimumFractionDigits: digits, maximumFractionDigits: digits }));
  }
  return plain.get(digits).format(value);
}

/** A number with about three figures, whatever its size. */
export function figures(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) {
    return NONE;
  }
  const size = Math.abs(value);
  return size === 0 ? '0' : size < 0.001 || size >= 1e7 ? value.toExponential(1) : number(value, size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

/** A share of one in percent. */
export const percent = (share, digits = 0) => Number.isFinite(share) ? `${number(100 * share, digits)} %` : NONE;

/** A duration for a person: "3 s", "4 min 05 s", "2 h 10 min", "3 d 4 h". */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) {
    return NONE;
  }
  const all = Math.max(0, Math.round(seconds));
  const [days, hours, minutes, rest] = [Math.floor(all / 86400), Math.floor(all / 3600) % 24, Math.floor(all / 60) % 60, all % 60];
  const two = (value) => String(value).padStart(2, '0');
  return days ? `${days} d ${hours} h` : hours ? `${hours} h ${two(minutes)} min` : minutes ? `${minutes} min ${two(rest)} s` : `${rest} s`;
}

/** A short span: milliseconds, from ten seconds on seconds. */
export const span = (milliseconds) => milliseconds === null ? NONE : milliseconds < 10_000 ? `${number(milliseconds)} ms` : duration(milliseconds / 1000);

/** Bytes as MB or GB (binary). */
export const bytes = (value) => !Number.isFinite(value) ? NONE : value < 1024 ** 3 ? `${number(value / 1024 ** 2)} MB` : `${number(value / 1024 ** 3, 2)} GB`;

const clockFormat = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', second: '2-digit' });
const dateFormat = new Intl.DateTimeFormat('en-GB', { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' });

/** Time of day in the viewer's zone. */
export const clock = (at) => at ? clockFormat.format(at) : NONE;

/** Day and time in the viewer's zone. */
export const date = (at) => at ? dateFormat.format(at) : NONE;

/** "1 trainer", "2 trainers". */
export const count = (value, noun, plural = `${noun}s`) => `${number(value)} ${value === 1 ? noun : plural}`;

/** Micro-batches [first, first + many): "3", "3–5" or "none". */
export const range = (first, many) => first < 0 || many <= 0 ? 'none' : many === 1 ? `${first}` : `${first}–${first + many - 1}`;

/** "a", "a and b", "a, b and c". */
export const list = (words) => words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
