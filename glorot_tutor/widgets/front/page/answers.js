/** Who computes for which widget. */

export const ANSWERS = {};
