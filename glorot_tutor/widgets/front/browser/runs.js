/** Choosing a recorded run: by model, then learning rate, then seed. */
import { el, short } from "../shared/dom.js";
import { menu } from "../shared/menu.js";

/**
 * The entry of a run in the index, given its name or that of a model, which stands for one run.
 *
 * @returns {object|undefined}
 */
export const find = (index, name) =>
  index.find((run) => run.name === name) ?? index.find((run) => run.chosen && run.model === name);

/** What a run is called in settings: its model where it stands for it, which is short and lasts. */
const nameOf = (run) => (run.chosen ? run.model : run.name);
const unique = (values) => [...new Set(values)];

/**
 * Three menus, of which each offers what the one before it leaves.
 *
 * @param {string} letter A or B
 * @param {boolean} optional whether there may be no run
 * @param {() => void} change told when the reader has chosen another
 */
export function runField(letter, optional, change) {
  let index = [],
    name = "";
  const model = menu(`Model ${letter}`, () => take({ model: model.get() }));
  const rate = menu(`Rate ${letter}`, () => take({ model: model.get(), rate: rate.get() }));
  const seed = menu(`Seed ${letter}`, () => {
    take({ model: model.get(), rate: rate.get(), seed: seed.get() });
  });

  /** The run that is asked for; where more than one could be meant, the one that stands for them. */
  const take = (wish) => {
    const fits = index.filter((run) => Object.entries(wish).every(([key, v]) => run[key] === v));
    const run = fits.find(({ chosen }) => chosen) ?? fits[0];
    name = run ? nameOf(run) : "";
    show();
    change();
  };
  const show = () => {
    const run = find(index, name);
    const same = index.filter((other) => other.model === run?.model);
    const models = unique(index.map((other) => other.model));
    model.offer(optional ? ["", ...models] : models, { "": "none" }, run?.model ?? "");
    rate.offer(unique(same.map((other) => other.rate)), lengths(same, "rate"), run?.rate);
    const seeds = same.filter((other) => other.rate === run?.rate);
    seed.offer(unique(seeds.map((other) => other.seed)), lengths(seeds, "seed"), run?.seed);
    rate.node.hidden = seed.node.hidden = !run;
  };
  return {
    node: el("div", { class: "glorot-run" }, model.node, rate.node, seed.node),
    get: () => name,
    set: (value) => {
      name = value;
      show();
    },
    /** @param {object[]} runs all that there are */
    offer(runs) {
      if (runs === index) return;
      index = runs;
      show();
    },
  };
}

/**
 * Beside each choice stands how long its longest run is: it tells which say something about the
 * end.
 */
function lengths(runs, key) {
  const most = {};
  for (const run of runs) most[run[key]] = Math.max(run.updates, most[run[key]] ?? 0);
  return Object.fromEntries(
    Object.entries(most).map(([choice, updates]) => [choice, `${choice} (${short(updates)})`]),
  );
}
