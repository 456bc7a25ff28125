/**
 * The settings of a page's widgets in its address, for instance #explorer.gain=2&surface.seed=3:
 * what differs from the default, so that the address can be shared and stays short.
 */
import { allowed } from "../shared/limits.js";

/**
 * Settings that the address gives a widget; what is not allowed there is left out.
 *
 * @param {string} widget
 * @param {object} limits see allowed
 * @returns {object|null} null where the address gives none
 */
export function readAddress(widget, limits) {
  const found = {};
  for (const [key, text] of new URLSearchParams(location.hash.slice(1))) {
    const [name, setting, ...more] = key.split(".");
    if (name !== widget || more.length || !Object.hasOwn(limits, setting)) continue;
    const value = allowed(limits[setting], text, null);
    if (value !== null) found[setting] = value;
  }
  return Object.keys(found).length ? found : null;
}

/**
 * The address's fragment that holds the settings of all widgets of a page.
 *
 * @param {{name: string, model: import("./model.js").PageModel, defaults: object}[]} widgets
 */
export function composeAddress(widgets) {
  const all = new URLSearchParams();
  for (const { name, model, defaults } of widgets) {
    for (const [setting, value] of Object.entries(model.get("settings"))) {
      if (value !== defaults[setting]) all.set(`${name}.${setting}`, value);
    }
  }
  return all.toString();
}
