/** The widgets by name; each is a module that a notebook can load by itself. */
import * as browser from "../browser/browser.js";
import * as explorer from "../explorer/explorer.js";
import * as surface from "../surface/surface.js";
import { serve as serveHistories } from "./histories.js";

export const WIDGETS = { browser: { ...browser, serve: serveHistories }, explorer, surface };
