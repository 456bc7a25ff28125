/** The worker's script as text; empty here, filled where the modules are bundled. */
export const workerSource = "";
