/** Writing the fragment of the page's address. */

const PAUSE = 500; // milliseconds without a change; a record that plays changes more often

/**
 * A function that has the fragment written once it has not been called for a moment: browsers
 * refuse an address that changes a hundred times in a few seconds, as it would while a key is held.
 * Where the reader has gone elsewhere meanwhile, nothing is written.
 *
 * @param {() => string} compose the fragment as it is to be then
 */
export function createWriter(compose) {
  let later, before;
  return () => {
    // an address that sets something has come with what it sets: it is where the changes begin
    if (!later || location.hash.includes("=")) before = location.hash;
    clearTimeout(later);
    later = setTimeout(() => {
      later = undefined;
      if (location.hash === before) write(compose());
    }, PAUSE);
  };
}

function write(text) {
  const bare = location.pathname + location.search;
  try {
    history.replaceState(history.state, "", text ? `#${text}` : bare);
  } catch (error) {
    console.warn(error.message); // what is set holds without an address that says so
  }
}
