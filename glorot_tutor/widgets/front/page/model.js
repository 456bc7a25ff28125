/** What a widget's values are kept in, where there is no kernel: a part of anywidget's model. */

export class PageModel {
  constructor(values) {
    this.values = values;
    this.listeners = new Map();
    this.changed = new Set();
  }

  get(name) {
    return this.values[name];
  }

  /** Set a value; those who listen learn of it with the next `save_changes`. */
  set(name, value) {
    this.values[name] = value;
    this.changed.add(name);
  }

  save_changes() {
    const names = [...this.changed];
    this.changed.clear();
    for (const name of names) {
      for (const listen of [...(this.listeners.get(`change:${name}`) ?? [])]) listen();
    }
  }

  /** @param {string} event "change:" and the name of a value */
  on(event, listen) {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event).add(listen);
  }

  off(event, listen) {
    this.listeners.get(event)?.delete(listen);
  }

  /** Set some values and say so. */
  put(values) {
    for (const [name, value] of Object.entries(values)) this.set(name, value);
    this.save_changes();
  }
}
