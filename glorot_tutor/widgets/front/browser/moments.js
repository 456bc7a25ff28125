/** A recorded run, as it comes from Python (histories.py), laid out as moments that can be drawn. */

const NUMBERS = ["mean", "std", "p98", "saturated", "backprop", "weight"];

/** Place of the last of some ascending times that is not after `time`; 0 where none is. */
export function placeOf(times, time) {
  let place = 0;
  while (place + 1 < times.length && times[place + 1] <= time) place++;
  return place;
}

/** The test error (%) that was last measured up to a time; null before the first one. */
export function errorAt({ errors }, time) {
  const { updates, error } = errors.test ?? { updates: [], error: [] };
  return updates.length && updates[0] <= time ? error[placeOf(updates, time)] : null;
}

/**
 * Every moment at which a run was looked at, in the form of the lab's snapshots.
 *
 * @param {object} history
 * @param {number} index the network's place, 0 or 1
 * @returns {object[]} see Snapshot in lab/trainer.js; `networks` holds nothing before `index`
 */
export function momentsOf(history, index) {
  const shapes = history.layers.map(({ histograms }) => unpacking(histograms, history.bins));
  return history.looks.map((update, t) => {
    const networks = [];
    networks[index] = {
      error: errorAt(history, update),
      layers: history.layers.map((layer, i) => ({
        ...Object.fromEntries(NUMBERS.map((name) => [name, layer[name][t]])),
        get histogram() {
          return shapes[i](t); // of the many moments few are looked at
        },
      })),
    };
    return { update, networks };
  });
}

/** Gives densities by time; what Python wrote are the roots of their shares in the highest (`most`). */
function unpacking(text, { count, most }) {
  const heights = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  return (t) =>
    Float32Array.from(
      heights.subarray(t * count, (t + 1) * count),
      (height) => most * (height / 255) ** 2,
    );
}
