/** Memory for networks and the products that run in it: WebAssembly SIMD, or plain JavaScript. */
import { plainKernels } from "./kernels.js";
import { simd } from "./simd.js";

const PAGE = 65536; // bytes of a page of WebAssembly memory
const FIRST = 1024; // address 0 stays unused

/**
 * One block of memory, handed out from the bottom up and given back all at once.
 *
 * @param {number} bytes size of the block
 * @param {boolean} [fast] false: plain JavaScript even where WebAssembly SIMD exists
 */
export function createEngine(bytes, fast = true) {
  const { buffer, kernels } = (fast && wasmEngine(bytes)) || plainEngine(bytes);
  let top = FIRST;
  return {
    ...kernels,
    /** @returns {Float32Array} `count` zeros, at an address that is a multiple of 16 bytes */
    floats(count) {
      const size = Math.ceil(count / 4) * 16;
      if (top + size > buffer.byteLength) {
        throw new RangeError(
          `The networks need more than the ${buffer.byteLength} bytes set apart.`,
        );
      }
      const view = new Float32Array(buffer, top, count).fill(0);
      top += size;
      return view;
    },
    /** Give everything back; what was handed out must not be used any more. */
    reset() {
      top = FIRST;
    },
  };
}

function wasmEngine(bytes) {
  try {
    const pages = Math.ceil(bytes / PAGE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const code = Uint8Array.from(atob(simd), (c) => c.charCodeAt(0));
    const instance = new WebAssembly.Instance(new WebAssembly.Module(code), { env: { memory } });
    const { forward, backward, addOuter } = instance.exports;
    return { buffer: memory.buffer, kernels: { isWasm: true, forward, backward, addOuter } };
  } catch {
    return null; // no WebAssembly here, or none with SIMD
  }
}

function plainEngine(bytes) {
  const buffer = new ArrayBuffer(Math.ceil(bytes / 16) * 16);
  return { buffer, kernels: { isWasm: false, ...plainKernels(buffer) } };
}
