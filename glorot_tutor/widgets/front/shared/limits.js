/** What controls can take. */

/**
 * The nearest value that a control can take.
 *
 * @param {number[]} range least, greatest and step
 * @param {number|string|null|undefined} text what was given
 * @param {number} other taken where there is no number
 */
export function nearest([low, high, step], text, other) {
  const value = Number(text);
  if (
    text === undefined ||
    text === null ||
    String(text).trim() === "" ||
    !Number.isFinite(value)
  ) {
    return other;
  }
  const found = low + Math.round((value - low) / step) * step;
  return Number(Math.min(high, Math.max(low, found)).toFixed(6));
}

/**
 * What a setting takes of a value that may be anything, for instance from an address.
 *
 * @param {{choices?: (string|number)[], range?: number[], text?: RegExp}} limit choices, or least,
 *   greatest and step of a number, or what a text looks like; none of them for a switch, true or
 *   false
 * @param {unknown} given the value, or a text that stands for it
 * @param {unknown} other taken where the value is not allowed
 */
export function allowed({ choices, range, text }, given, other) {
  if (text) return text.test(given) ? String(given) : other;
  if (range) return nearest(range, given, other);
  const values = choices ?? [true, false];
  return values.find((value) => String(value) === String(given)) ?? other;
}
