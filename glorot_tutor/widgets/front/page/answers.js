/** Who computes for which widget. */
import { answer as explorer } from "../explorer/compute.js";

export const ANSWERS = { explorer };
