/** Writing the fragment of the page's address. */

const PAUSE = 200; // milliseconds without a change

let written; // what the page's widgets wrote last

/**
 * A function that has the fragment written once it has not been called for a moment: browsers
 * refuse an address that changes a hundred times in a few seconds, as it would while a key is held.
 *
 * @param {() => string} compose the fragment as it is to be then
 */
export function createWriter(compose) {
  let later;
  return () => {
    clearTimeout(later);
    const before = location.hash;
    later = setTimeout(() => {
      // else the reader has gone elsewhere meanwhile
      if ([before, written].includes(location.hash)) write(compose());
    }, PAUSE);
  };
}

function write(text) {
  const bare = location.pathname + location.search;
  try {
    history.replaceState(history.state, "", text ? `#${text}` : bare);
    written = location.hash;
  } catch (error) {
    console.warn(error.message); // what is set holds without an address that says so
  }
}
