/**
 * Builds what the page loads, from the modules in book/_static/lab: `npm ci && npm run build`.
 *
 * The page must open from a folder too, where a browser loads neither modules nor workers: so one
 * classic script, with the worker's script and the WebAssembly inside it. With a folder as
 * argument it writes there, for the test that compares.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const source = join(root, "book/_static/lab");
const target = process.argv[2] ?? source;
const modules = join(root, "node_modules");

/** Compile simd.ts and keep it as text, which works from a folder and from within the worker. */
function compile() {
  const folder = mkdtempSync(join(tmpdir(), "lab-"));
  const wasm = join(folder, "simd.wasm");
  execFileSync(process.execPath, [
    join(modules, "assemblyscript/bin/asc.js"),
    join(source, "simd.ts"),
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
  writeFileSync(join(target, "vendor/simd.js"), head + text.replace(/ \+\n$/, ";\n"));
}

/** Copy the drawing library with its licence, so that the modules work without a bundler too. */
function vendor() {
  const uplot = join(modules, "uplot");
  cpSync(join(uplot, "dist/uPlot.esm.js"), join(target, "vendor/uPlot.esm.js"));
  cpSync(join(uplot, "dist/uPlot.min.css"), join(target, "vendor/uPlot.min.css"));
  cpSync(join(uplot, "LICENSE"), join(target, "vendor/uPlot.LICENSE"));
}

/** The worker's script becomes the text of a module that the page's script imports. */
async function bundle() {
  const { build } = await import("esbuild");
  const options = { bundle: true, minify: true, format: "iife", target: "es2021", write: false };
  const worker = await build({ ...options, entryPoints: [join(source, "worker.js")] });
  const inline = {
    name: "worker-as-text",
    setup: (on) =>
      on.onLoad({ filter: /worker-source\.js$/ }, () => ({
        contents: `export const workerSource = ${JSON.stringify(worker.outputFiles[0].text)};`,
      })),
  };
  const result = await build({
    ...options,
    entryPoints: [join(source, "lab.js"), join(source, "lab.css")],
    outdir: join(target, "dist"),
    plugins: [inline],
    define: { "import.meta.url": '""' }, // stands in a branch that the bundle never takes
    banner: {
      js: "/* glorot-tutor, MIT licence; holds uPlot, MIT licence: see vendor/uPlot.LICENSE */",
    },
  });
  for (const file of result.outputFiles) writeFileSync(file.path, file.contents);
}

mkdirSync(join(target, "vendor"), { recursive: true });
mkdirSync(join(target, "dist"), { recursive: true });
compile();
vendor();
await bundle();
