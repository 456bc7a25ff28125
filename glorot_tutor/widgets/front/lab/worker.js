/** The lab's thread: see training.js. */
import { Training } from "./training.js";

const training = new Training((snapshot) => postMessage(snapshot));

onmessage = ({ data }) => training.receive(data);
