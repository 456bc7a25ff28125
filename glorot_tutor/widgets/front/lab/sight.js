/** What is looked at of networks that train: the present or an earlier time, in pictures and words. */
import { grouped } from "../shared/dom.js";
import { History } from "./history.js";
import { errorsOf, Pictures } from "./pictures.js";

const CALM = 500; // milliseconds between two pictures where the reader asks for less motion
const TALK = 5000; // milliseconds between two reports to a screen reader
/** Whether the reader asks for less motion. */
export const still = window.matchMedia("(prefers-reduced-motion: reduce)");

export class Sight {
  /**
   * @param {object} view see desk.js
   * @param {() => boolean} isRunning whether more is to come
   * @param {() => boolean} [isShown] whether there is room to draw in
   */
  constructor(view, isRunning, isShown = () => true) {
    this.view = view;
    this.isRunning = isRunning;
    this.isShown = isShown;
    this.said = 0;
    this.pictures = new Pictures(view, (index) => this.point(index));
    this.clear();
  }

  /** Forget what was seen. */
  clear() {
    this.history = new History();
    this.at = this.pointed = null; // earlier updates that are looked at, by choice or in passing
    this.news = this.advice = ""; // what happened last, what to do next
  }

  /** Follow the present again: the reader has acted. */
  follow() {
    this.at = this.pointed = null;
    this.advice = "";
  }

  /** The next snapshot is worth a report, however short ago the last one was. */
  expect() {
    this.said = -Infinity;
  }

  get isExpecting() {
    return this.said === -Infinity;
  }

  /** Look at an earlier time, by its place among the snapshots; the last follows the present. */
  look(index) {
    const { all } = this.history;
    this.at = index >= all.length - 1 ? null : all[index].update;
    this.pointed = null; // the pointer may still rest on a curve
    this.redraw();
  }

  /** Look at an earlier time as long as the reader points there. */
  point(index) {
    this.pointed = index === null ? null : (this.history.all[index]?.update ?? null);
    this.redraw();
  }

  /**
   * Take a snapshot: draw it, and report what it brings.
   *
   * @param {object} snapshot
   * @param {boolean} [talks] whether it is reported even if it brings no news
   */
  add(snapshot, talks = true) {
    this.history.add(snapshot);
    const news = this.pictures.note(snapshot);
    if (news.length) {
      this.news = `At update ${grouped(snapshot.update)}: ${news.join("; ")}.`;
      this.say(joined(this.news, this.advice));
    } else if (talks && performance.now() - this.said > TALK) this.say(report(snapshot));
    this.redraw();
  }

  /** Say what the reader can do now; it stands until then. */
  advise(text) {
    this.advice = text;
    this.say(text);
  }

  /** Tell a screen reader. */
  say(text) {
    this.said = performance.now();
    this.view.spoken.textContent = text;
  }

  /** Draw with the next frame, and no more often than the reader likes. */
  redraw() {
    if (this.asked || !this.history.now) return;
    this.asked = true;
    const wait = still.matches ? CALM - (performance.now() - (this.drawn ?? -CALM)) : 0;
    const draw = () => {
      this.asked = false;
      this.drawn = performance.now();
      if (!this.history.now || !this.isShown()) return; // a new start came in between
      this.pictures.draw(this.history, this.pointed ?? this.at, this.isRunning());
      this.view.says.textContent = joined(report(this.history.now), this.news, this.advice);
    };
    setTimeout(() => requestAnimationFrame(draw), wait);
  }
}

const report = (snapshot) => `Update ${grouped(snapshot.update)}. ${errorsOf(snapshot).join(", ")}.`;

const joined = (...sentences) => sentences.filter(Boolean).join(" ");
