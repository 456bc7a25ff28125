/**
 * Computes for the widgets of a page, in a thread of its own. A question names the widget, its
 * settings and what Python has given; answers come one after the other, each more complete than
 * the one before, and the last one says so. What trains has a thread to itself, and gets messages
 * {training: see lab/training.js}.
 */
import { Training } from "../lab/training.js";
import { ANSWERS } from "./answers.js";

let training;

onmessage = ({ data }) => {
  if (data.training) {
    training ??= new Training((snapshot) => postMessage(snapshot));
    training.receive(data.training);
  } else answer(data);
};

function answer({ widget, ticket, settings, given }) {
  try {
    for (const result of ANSWERS[widget](settings, given)) {
      postMessage({ ticket, result, last: false });
    }
    postMessage({ ticket, last: true });
  } catch (error) {
    postMessage({ ticket, problem: `This could not be computed: ${error.message}`, last: true });
  }
}
