/**
 * Computes for the widgets of a page, in a thread of its own. A question names the widget, its
 * settings and what Python has given; answers come one after the other, each more complete than
 * the one before, and the last one says so.
 */
import { ANSWERS } from "./answers.js";

onmessage = ({ data: { widget, ticket, settings, given } }) => {
  try {
    for (const result of ANSWERS[widget](settings, given)) {
      postMessage({ ticket, result, last: false });
    }
    postMessage({ ticket, last: true });
  } catch (error) {
    postMessage({ ticket, problem: `This could not be computed: ${error.message}`, last: true });
  }
};
