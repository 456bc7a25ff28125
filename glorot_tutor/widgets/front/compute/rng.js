/**
 * Philox4x32-10 (Salmon et al., 2011), the same counter-based random numbers as
 * glorot_tutor/philox.py: what belongs to a counter is the same whenever it is asked for.
 */

const ROUNDS = 10;

/** High half of a 32 x 32 bit product, in 16-bit pieces: JavaScript's numbers hold 53 bits. */
function mulHigh(a, b) {
  const aLow = a & 0xffff,
    aHigh = a >>> 16,
    bLow = b & 0xffff,
    bHigh = b >>> 16;
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16);
  const carry = aLow * bHigh + (middle & 0xffff);
  return aHigh * bHigh + Math.floor(middle / 65536) + Math.floor(carry / 65536);
}

/**
 * Four random words for one counter.
 *
 * @param {number} seed whole number 0 .. 2^32 - 1, the key
 * @param {number} sequence which of several sequences that share no number, below 2^32
 * @param {number} number place in the sequence, below 2^53
 * @param {number} block which four words of that place, below 2^32
 * @param {Uint32Array} out receives words 0 .. 3
 */
export function draw(seed, sequence, number, block, out) {
  let a = block,
    b = number >>> 0,
    c = Math.floor(number / 2 ** 32),
    d = sequence;
  let k0 = seed,
    k1 = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const high0 = mulHigh(a, 0xd2511f53),
      low0 = Math.imul(a, 0xd2511f53);
    const high1 = mulHigh(c, 0xcd9e8d57),
      low1 = Math.imul(c, 0xcd9e8d57);
    a = (high1 ^ b ^ k0) >>> 0;
    b = low1 >>> 0;
    c = (high0 ^ d ^ k1) >>> 0;
    d = low0 >>> 0;
    k0 = (k0 + 0x9e3779b9) | 0;
    k1 = (k1 + 0xbb67ae85) | 0;
  }
  out[0] = a;
  out[1] = b;
  out[2] = c;
  out[3] = d;
}

/** Whole number 0 .. choices - 1 from a word. */
export const whole = (word, choices) => Math.floor((word * choices) / 2 ** 32);

/** Number in the open interval (0, 1) from a word. */
export const unit = (word) => (word + 0.5) / 2 ** 32;
