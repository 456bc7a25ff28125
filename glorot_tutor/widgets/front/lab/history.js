/** What has been seen since update 0, within bounds: a long run is kept at a lower density. */

/** Snapshots kept at most. */
export const MOST = 600;

export class History {
  constructor() {
    /** @type {import("./trainer.js").Snapshot[]} in order of updates */
    this.kept = [];
    /** The last one, kept or not. */
    this.now = null;
    this.every = 1; // of the snapshots worth keeping, this one in so many is kept
    this.offered = 0;
  }

  add(snapshot) {
    this.now = snapshot;
    if (!snapshot.kept || this.offered++ % this.every) return;
    // what is drawn of the past are numbers; the images are those of the present
    this.kept.push({ ...snapshot, images: null });
    if (this.kept.length <= MOST) return;
    // from now on at half the density too: else the beginning would thin out again and again
    this.kept = this.kept.filter((_, i) => i % 2 === 0);
    this.every *= 2;
  }

  /** All that can be drawn, up to the present. */
  get all() {
    const last = this.kept.at(-1);
    return this.now && last?.update !== this.now.update ? [...this.kept, this.now] : this.kept;
  }
}
