/** The widgets by name; each is a module that a notebook can load by itself. */

export const WIDGETS = {};
