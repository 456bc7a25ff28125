/** The widgets by name; each is a module that a notebook can load by itself. */
import * as browser from "../browser/browser.js";
import * as explorer from "../explorer/explorer.js";
import * as surface from "../surface/surface.js";
import * as watcher from "../watcher/watcher.js";
import { serve as serveHistories } from "./histories.js";
import { serve as serveTraining } from "./training.js";

export const WIDGETS = {
  browser: { ...browser, serve: serveHistories },
  explorer,
  surface,
  watcher: { ...watcher, serve: serveTraining },
};
