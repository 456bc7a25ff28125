/** What has been seen since update 0, within bounds: a long run is kept at half the density. */

/** Snapshots kept at most. */
export const MOST = 600;

export class History {
  constructor() {
    /** @type {import("./trainer.js").Snapshot[]} in order of updates */
    this.kept = [];
    /** The last one, kept or not. */
    this.now = null;
  }

  add(snapshot) {
    this.now = snapshot;
    if (!snapshot.kept) return;
    // what is drawn of the past are numbers; the images are those of the present
    this.kept.push({ ...snapshot, images: null });
    if (this.kept.length <= MOST) return;
    this.kept = this.kept.filter((_, i) => i % 2 === 0);
  }

  /** All that can be drawn, up to the present. */
  get all() {
    const last = this.kept.at(-1);
    return this.now && last?.update !== this.now.update ? [...this.kept, this.now] : this.kept;
  }
}
