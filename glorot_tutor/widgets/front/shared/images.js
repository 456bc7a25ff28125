/** The images of the last batch: what the networks are looking at, and whether they got it right. */
import { el } from "./dom.js";
import { CLASSES, SIZE } from "../compute/shapeset.js";

/** A strip of small pictures; it keeps its elements from batch to batch. */
export function createStrip() {
  const node = el("div", {
    class: "lab-strip",
    role: "group",
    "aria-label": "Images of the last batch",
  });
  const empty = el("span", { class: "lab-hint" }, "The images of a batch appear here.");
  return {
    node,
    /** @param {import("../lab/trainer.js").Snapshot} snapshot */
    draw({ images, labels, networks }) {
      if (!labels.length) return node.replaceChildren(empty);
      empty.remove();
      while (node.childElementCount > labels.length) node.lastChild.remove();
      while (node.childElementCount < labels.length) node.append(newPicture());
      labels.forEach((label, i) => {
        const picture = node.children[i],
          right = networks.map((network) => network.right[i]);
        paint(picture.firstChild, images.subarray(i * SIZE ** 2, (i + 1) * SIZE ** 2));
        picture.lastChild.replaceChildren(
          ...right.map((r) => el("i", { class: r ? "lab-right" : "lab-wrong" }, r ? "✓" : "·")),
        );
        picture.setAttribute(
          "aria-label",
          `${CLASSES[label]}, ${right.map((r) => (r ? "recognized" : "not recognized")).join(" and ")}`,
        );
      });
    },
  };
}

const newPicture = () =>
  el(
    "span",
    { class: "lab-picture", role: "img" },
    el("canvas", { width: SIZE, height: SIZE }),
    el("span", { "aria-hidden": "true" }),
  );

function paint(canvas, pixels) {
  const pen = canvas.getContext("2d"),
    data = pen.createImageData(SIZE, SIZE);
  pixels.forEach((grey, k) => data.data.set([grey, grey, grey, 255], 4 * k));
  pen.putImageData(data, 0, 0);
}
