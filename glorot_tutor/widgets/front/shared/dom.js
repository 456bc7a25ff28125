/** Small helpers for making and reading elements. */

// a notebook loads one copy of this module with each kind of widget, and all count from 1
const mine = Math.random().toString(36).slice(2, 8);
let ids = 0;
/** An id that no other element of the page has. */
export const newId = () => `lab-${mine}-${++ids}`;

/**
 * An element; attributes that are false are left out, functions become listeners.
 *
 * @param {string} tag
 * @param {object} attributes by name, or `onclick` and the like
 * @param {...(Node|string)} children
 */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children);
  return element;
}

/** A colour (or another value) that the style sheet keeps under a name, for the current mode. */
export const css = (name) =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Number as text: three significant digits, a true minus sign. */
export function three(value) {
  if (value === null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text =
    size && (size < 0.001 || size >= 1e5) ? value.toExponential(1) : value.toPrecision(3);
  return text.replaceAll("-", "\u2212");
}

/** Share (0 .. 1) as text in percent. */
export const percent = (share, digits = 0) =>
  Number.isFinite(share) ? (100 * share).toFixed(digits) : "–";

const whole = new Intl.NumberFormat("en-GB"); // made once: making it takes longer than its use
/** Whole number with separators for thousands, as in the book. */
export const grouped = (value) => whole.format(Math.round(value));

/** The same where there is little room: 300k, 1M; what that would not tell exactly stays whole. */
export function short(value) {
  for (const [size, letter] of [[1e6, "M"], [1e3, "k"]]) {
    if (value >= size && value % (size / 10) === 0) return `${value / size}${letter}`;
  }
  return grouped(value);
}
