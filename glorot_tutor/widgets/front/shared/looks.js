/** What makes pictures be drawn anew although they show the same. */

/**
 * Redraw when an element's size changes, or the mode of the page or of JupyterLab.
 *
 * @returns {() => void} ends it
 */
export function followLooks(node, redraw) {
  const sizes = new ResizeObserver(redraw);
  sizes.observe(node);
  const modes = new MutationObserver(redraw);
  modes.observe(document.documentElement, { attributeFilter: ["data-theme"] });
  modes.observe(document.body, { attributeFilter: ["data-jp-theme-light"] });
  return () => {
    sizes.disconnect();
    modes.disconnect();
  };
}
