/** Work in pieces, each in a task of its own: between two of them a page answers its reader. */
const waiting = [];

/**
 * Do something after all that was asked for before.
 *
 * @param {() => void} work
 */
export function inTurn(work) {
  waiting.push(work);
  if (waiting.length === 1) setTimeout(next);
}

function next() {
  try {
    waiting[0]();
  } finally {
    waiting.shift();
    if (waiting.length) setTimeout(next);
  }
}
