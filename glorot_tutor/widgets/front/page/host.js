/**
 * Stands in for a notebook: mounts every widget of a page without a kernel. A placeholder is
 *
 *   <div class="glorot-widget" data-widget="explorer" data-settings="{...}" data-given="{...}">
 *
 * with the widget's default settings and, where the page cannot compute them, numbers that Python
 * has given. The widget is the one that the notebook shows: its module has `render({model, el})`,
 * and the model here has the same methods as anywidget's.
 */
import { WIDGETS } from "./widgets.js";
import { readAddress, writeAddress } from "./address.js";
import { PageModel } from "./model.js";
import { serve } from "./service.js";

function mount(place) {
  const { widget: name, settings, given } = place.dataset;
  const widget = WIDGETS[name];
  if (!widget) return; // of another version of the book: what stands there stays
  const defaults = JSON.parse(settings);
  const shared = readAddress(name, widget.limits);
  const model = new PageModel({
    settings: { ...defaults, ...shared },
    given: given ? JSON.parse(given) : {},
    result: {},
    busy: false,
    running: false,
    problem: "",
    choices: {},
  });
  let later;
  model.on("change:settings", () => {
    clearTimeout(later); // browsers refuse an address that changes a hundred times in a moment
    later = setTimeout(() => writeAddress(name, model.get("settings"), defaults), 200);
  });
  (widget.serve ?? serve)(model, widget, name);
  place.replaceChildren();
  widget.render({ model, el: place });
  if (shared) place.scrollIntoView(); // who was sent this address wants to see what it names
}

for (const place of document.querySelectorAll(".glorot-widget")) mount(place);
