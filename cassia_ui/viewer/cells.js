// Cells as arrays: reading messages, the order of drawing, and finding the cell under the pointer.
const ARRAYS = { uint8: Uint8Array, uint16: Uint16Array };
const FULL = 65535;
const GOLDEN = 0.6180339887498949;

function headLength(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, 4).getUint32(0, true);
}

function readHead(bytes) {
  return JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + headLength(bytes))));
}

function readArrays(bytes, head) {
  let at = 4 + headLength(bytes);
  return head.arrays.map((entry) => {
    const stop = at + ARRAYS[entry.type].BYTES_PER_ELEMENT * entry.length, own = bytes.slice(at, stop);
    at = stop;
    return new ARRAYS[entry.type](own.buffer, own.byteOffset, entry.length);
  });
}

function divisor(a, b) {
  while (b) [a, b] = [b, a % b];
  return a;
}

// Cells layer by layer; within a layer in an even, fixed mixture, so that the order of the file decides nothing and any
// first part of a layer is a fair sample of it.
function drawingOrder(entry, layerOf, nLayers) {
  const n = entry.length;
  const next = new Uint32Array(nLayers + 1);
  for (let i = 0; i < n; i++) next[layerOf[entry[i]] + 1]++;
  for (let layer = 0; layer < nLayers; layer++) next[layer + 1] += next[layer];
  let stride = Math.max(1, Math.round(n * GOLDEN));
  while (divisor(stride, n) !== 1) stride++;
  const order = new Uint32Array(n);
  for (let k = 0, i = 0; k < n; k++, i = (i + stride) % n) order[next[layerOf[entry[i]]]++] = i;
  return order;
}

// A grid of 256 x 256 boxes over the map; built when the pointer first asks.
class Grid {
  constructor(xy) {
    const n = xy.length / 2;
    this.xy = xy;
    this.start = new Uint32Array(65537);
    for (let i = 0; i < n; i++) this.start[Grid.box(xy, i) + 1]++;
    for (let box = 0; box < 65536; box++) this.start[box + 1] += this.start[box];
    const next = this.start.slice();
    this.cell = new Uint32Array(n);
    for (let i = 0; i < n; i++) this.cell[next[Grid.box(xy, i)]++] = i;
  }

  static box(xy, i) {
    return ((xy[2 * i + 1] >> 8) << 8) | (xy[2 * i] >> 8);
  }

  // Nearest cell to (x, y) within `radius` that `accept` takes, all in units of the map; -1 when there is none.
  nearest(x, y, radius, accept) {
    const clamp = (v) => Math.max(0, Math.min(255, Math.floor(v / 256)));
    let best = -1, least = radius * radius;
    for (let row = clamp(y - radius); row <= clamp(y + radius); row++) {
      const first = this.start[row * 256 + clamp(x - radius)];
      const stop = this.start[row * 256 + clamp(x + radius) + 1];
      for (let k = first; k < stop; k++) {
        const i = this.cell[k], dx = this.xy[2 * i] - x, dy = this.xy[2 * i + 1] - y;
        const distance = dx * dx + dy * dy;
        if (distance < least && accept(i)) {
          least = distance;
          best = i;
        }
      }
    }
    return best;
  }
}

// One bit per cell, as base64.
function packMask(inside, n) {
  const bytes = new Uint8Array(Math.ceil(n / 8));
  let count = 0;
  for (let i = 0; i < n; i++) {
    if (inside(i)) {
      bytes[i >> 3] |= 1 << (i & 7);
      count++;
    }
  }
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return { mask: btoa(text), count };
}
