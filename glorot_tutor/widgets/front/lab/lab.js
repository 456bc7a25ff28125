/** The training lab: puts controls, worker and pictures together in the element of class "lab". */
import { createControls } from "./controls.js";
import { createLayout } from "./layout.js";
import { copy, decode, encode, FIRST, presetOf, PRESETS } from "./settings.js";
import { Sight, still } from "./sight.js";
import { createWriter } from "../shared/fragment.js";
import { followLooks } from "../shared/looks.js";
import { describe } from "../shared/panel.js";
import { inTurn } from "../shared/turns.js";
import { createThread } from "../shared/workers.js";

/** Whether the address sets something: a fragment can be an anchor in the text too. */
const isGiven = () => location.hash.includes("=");

const glide = (element, block = "start") =>
  element.scrollIntoView({ behavior: still.matches ? "auto" : "smooth", block });

class Lab {
  constructor(place) {
    this.run = 0; // counts new starts: the worker's answers name theirs
    this.running = false;
    this.tell = createThread(
      (snapshot) => this.receive(snapshot),
      (problem) => this.fail(problem),
    );
    this.write = createWriter(() => encode(this.settings));
    this.controls = createControls(
      (settings) => this.set(settings),
      (speed) => this.setSpeed(speed),
    );
    const acts = {
      start: () => (this.running ? this.pause() : this.begin()),
      step: () => this.step(),
      reset: () => this.reset(),
      first: () => this.set(PRESETS[FIRST].settings, { run: false }),
      show: (name) => this.show(name),
      look: (index) => this.sight.look(index),
    };
    this.view = createLayout(place, acts, this.controls);
    this.sight = new Sight(this.view, () => this.running);
    place.append(this.view.node);
    place.classList.add("lab-ready");
    const given = isGiven();
    this.set(given ? decode(location.hash) : PRESETS[FIRST].settings, { quiet: !given });
  }

  /**
   * Take new settings and begin at update 0; a network that was training goes on doing so.
   *
   * @param {object} settings see settings.js
   * @param {{quiet?: boolean, run?: boolean, until?: number}} [how] whether the address stays as
   *   it is, whether to train, and the update at which to pause
   */
  set(settings, { quiet = false, run = this.running, until = Infinity } = {}) {
    this.settings = copy(settings);
    this.until = until;
    this.controls.set(this.settings);
    if (!quiet) this.write();
    this.view.mark(presetOf(settings));
    this.view.folded.tell(this.settings.networks.map(describe).join("; "));
    this.sight.pictures.build(this.settings);
    this.reset(run);
  }

  /**
   * A preset, or settings written as in the address; it starts unless motion is unwelcome, and
   * pauses when the preset has shown what it is there for.
   */
  show(name) {
    const { settings, until } = PRESETS[name] ?? { settings: decode(name) };
    this.set(settings, { run: !still.matches, until });
    if (still.matches) this.sight.advise("Press Start: nothing moves here by itself.");
  }

  /** Back to update 0: the same weights, the same images. */
  reset(run = false) {
    this.sight.clear();
    if (this.run) this.sight.expect(); // the first is what the page opens with
    this.tell({ type: "set", run: ++this.run, settings: this.settings });
    this.sight.pictures.clear();
    if (run) this.start();
    else this.setRunning(false);
  }

  /** Train, with what moves in sight: on a phone it lies below the text and the presets. */
  begin() {
    this.start();
    if (this.view.folded.folds()) glide(this.view.main);
  }

  /** Follow a button of the text: to what it shows, where one can pause it, and back. */
  visit(button) {
    const { folded, main, node, offerBack, start } = this.view;
    glide(folded.folds() ? main : node);
    this.show(button.dataset.lab);
    start.focus({ preventScroll: true });
    offerBack(() => {
      glide(button, "center");
      button.focus({ preventScroll: true });
    });
  }

  start() {
    this.sight.follow();
    if (this.sight.history.now?.update >= this.until) this.until = Infinity; // the reader wants more
    this.setRunning(true);
    this.sight.say("Training.");
    this.tell({ type: "run", speed: this.settings.speed, until: this.until });
  }

  pause() {
    this.tell({ type: "pause" });
    this.setRunning(false);
    this.sight.expect();
  }

  step() {
    if (this.running) this.pause();
    this.sight.follow();
    this.sight.expect();
    this.tell({ type: "step" });
  }

  setSpeed(speed) {
    this.settings.speed = speed;
    this.write();
    if (this.running) this.start();
  }

  fail(problem) {
    this.setRunning(false);
    this.view.problem.show(problem);
  }

  setRunning(running) {
    this.running = running;
    this.view.start.textContent = running ? "Pause" : "Start";
    this.view.node.classList.toggle("lab-running", running);
  }

  receive(snapshot) {
    if (snapshot.run !== this.run) return; // of settings that are gone
    this.view.problem.show("");
    if (snapshot.done && this.running) {
      this.setRunning(false);
      this.sight.expect(); // that it paused by itself is worth a word
    }
    this.sight.add(snapshot, this.running || this.sight.isExpecting);
  }
}

/** What lies outside the lab: buttons in the text, the address, the page's mode and its size. */
function connect(lab) {
  for (const button of document.querySelectorAll("button[data-lab]")) {
    button.addEventListener("click", () => lab.visit(button));
  }
  window.addEventListener("hashchange", () => {
    const other = location.hash !== `#${encode(lab.settings)}`;
    if (isGiven() && other) lab.set(decode(location.hash));
  });
  followLooks(lab.view.node, () => lab.sight.redraw()); // the page's side bars come and go
}

const place = document.querySelector(".lab");
if (place) inTurn(() => connect(new Lab(place)));
