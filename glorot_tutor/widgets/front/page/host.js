/**
 * Stands in for a notebook: mounts every widget of a page without a kernel. A placeholder is
 *
 *   <div class="glorot-widget" data-widget="explorer" data-settings="{...}" data-given="{...}">
 *
 * with the widget's default settings and, where the page cannot compute them, numbers that Python
 * has given. The widget is the one that the notebook shows: its module has `render({model, el})`,
 * and the model here has the same methods as anywidget's.
 */
import { createWriter } from "../shared/fragment.js";
import { createProblem } from "../shared/problem.js";
import { inTurn } from "../shared/turns.js";
import { WIDGETS } from "./widgets.js";
import { composeAddress, readAddress } from "./address.js";
import { PageModel } from "./model.js";
import { serve } from "./service.js";

const NEAR = "100% 0px"; // from a screen away a widget is there when it comes into sight
const mounted = []; // what the address tells of
const write = createWriter(() => composeAddress(mounted));

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
  mounted.push({ name, model, defaults });
  model.on("change:settings", write);
  window.addEventListener("hashchange", () => {
    if (!location.hash.includes("=")) return; // an anchor in the text: it sets nothing
    model.put({ settings: { ...defaults, ...readAddress(name, widget.limits) } });
  });
  (widget.serve ?? serve)(model, widget, name);
  place.replaceChildren();
  widget.render({ model, el: place });
  if (shared) place.scrollIntoView(); // who was sent this address wants to see what it names
}

/** Whether the address sets something of a widget: its reader is taken there. */
function isNamed({ dataset: { widget: name } }) {
  return Boolean(WIDGETS[name] && readAddress(name, WIDGETS[name].limits));
}

/** Mount a widget; one that fails leaves the page's others alone. */
function tryToMount(place) {
  try {
    mount(place);
  } catch (error) {
    const problem = createProblem();
    problem.show(`This cannot be shown here: ${error.message}`);
    place.append(problem.node);
    reportError(error);
  }
}

/** Mount each widget when the reader comes near, or wants all on paper. */
function mountInTime(places) {
  const left = new Set(places);
  const start = (place, act) => {
    watch.unobserve(place);
    if (left.delete(place)) act(() => tryToMount(place));
  };
  const watch = new IntersectionObserver(
    (seen) => {
      for (const { target, isIntersecting } of seen) if (isIntersecting) start(target, inTurn);
    },
    { rootMargin: NEAR },
  );
  for (const place of places) {
    if (isNamed(place)) start(place, inTurn);
    else watch.observe(place);
  }
  window.addEventListener("beforeprint", () => left.forEach((place) => start(place, (act) => act())));
}

mountInTime(document.querySelectorAll(".glorot-widget"));
