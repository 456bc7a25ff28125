/** Who computes for which widget. */
import { answer as explorer } from "../explorer/compute.js";
import { answer as surface } from "../surface/compute.js";

export const ANSWERS = { explorer, surface };
