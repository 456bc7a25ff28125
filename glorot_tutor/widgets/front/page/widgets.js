/** The widgets by name; each is a module that a notebook can load by itself. */
import * as explorer from "../explorer/explorer.js";
import * as surface from "../surface/surface.js";

export const WIDGETS = { explorer, surface };
