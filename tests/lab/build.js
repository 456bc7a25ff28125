/**
 * Builds what pages and notebooks load, from glorot_tutor/widgets/front: `npm ci && npm run build`.
 *
 * A page must open from a folder too, where a browser loads neither modules nor workers: so each
 * page's script is a classic one, with the worker's script and the WebAssembly inside it. A
 * notebook loads one module for each widget, which needs no worker, since Python computes. With a
 * folder as argument it writes there, for the test that compares.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const home = join(root, "glorot_tutor/widgets");
const source = join(home, "front");
const target = process.argv[2] ?? home;
const dist = join(target, "dist");
const modules = join(root, "node_modules");

/** Scripts of pages, each with a style sheet, and the room whose worker computes for it. */
const PAGES = { lab: "lab", widgets: "page" };
/** Modules for notebooks. */
const WIDGETS = ["browser", "explorer", "surface", "watcher"];

/** Compile simd.ts and keep it as text, which works from a folder and from within the worker. */
function compile() {
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  const wasm = join(folder, "simd.wasm");
  execFileSync(process.execPath, [
    join(modules, "assemblyscript/bin/asc.js"),
    join(source, "compute/simd.ts"),
    "-o",
    wasm,
    "-O3",
    "--noAssert",
    "--runtime",
    "stub",
    "--enable",
    "simd",
    "--importMemory",
    "--noExportMemory",
  ]);
  const text = readFileSync(wasm)
    .toString("base64")
    .replace(/.{1,92}/g, (line) => `  "${line}" +\n`);
  rmSync(folder, { recursive: true });
  const head = "/** simd.ts, compiled by tests/lab/build.js, in base 64. */\nexport const simd =\n";
  writeFileSync(join(target, "front/compute/simd.js"), head + text.replace(/ \+\n$/, ";\n"));
}

const licences =
  "/* glorot-tutor, MIT licence; may hold uPlot, MIT licence: see uPlot.LICENSE */";
const options = { bundle: true, minify: true, target: "es2021", write: false };

/** A page's script; its worker's script becomes the text that shared/workers.js imports. */
async function bundlePage(name, room) {
  const entry = join(source, room, "worker.js");
  const worker = await build({ ...options, format: "iife", entryPoints: [entry] });
  const inline = {
    name: "worker-as-text",
    setup: (on) => {
      on.onResolve({ filter: /^worker-source$/ }, ({ path }) => ({ path, namespace: "worker" }));
      on.onLoad({ filter: /./, namespace: "worker" }, () => ({
        contents: worker.outputFiles[0].text,
        loader: "text",
      }));
    },
  };
  const main = join(source, room, room === "page" ? "host.js" : `${room}.js`);
  const style = join(source, room, `${name}.css`);
  await keep({
    ...options,
    format: "iife",
    entryPoints: { [name]: main, [`${name}-style`]: style },
    plugins: [inline],
    banner: { js: licences },
  });
}

/** A notebook's module; what only a page needs is not in it. */
async function bundleWidget(name) {
  // anywidget wants a default export and nothing else
  const contents = `export { default } from "./${name}.js";`;
  const stdin = { contents, resolveDir: join(source, name), sourcefile: `${name}-notebook.js` };
  const { outputFiles } = await build({ ...options, format: "esm", stdin, banner: { js: licences } });
  writeFileSync(join(dist, `${name}.js`), outputFiles[0].contents);
}

async function keep(plan) {
  const { outputFiles } = await build({ ...plan, outdir: dist });
  for (const file of outputFiles) writeFileSync(file.path.replace("-style.css", ".css"), file.contents);
}

mkdirSync(join(target, "front/compute"), { recursive: true });
mkdirSync(dist, { recursive: true });
compile();
cpSync(join(modules, "uplot/LICENSE"), join(dist, "uPlot.LICENSE"));
for (const [name, room] of Object.entries(PAGES)) await bundlePage(name, room);
for (const name of WIDGETS) await bundleWidget(name);
