// Where labels go: never on cells; beside those they name, or further off with a line to them. A label without room is left out.
const BINS = 96, WINDOW = 9, LEAST_PURITY = 0.5, FONT = "600 13px ", LABEL_HEIGHT = 18;
const STEPS = [4, 10, 18, 30, 46, 66, 90, 120], LINE_FROM = 26, RIM = 1, RIM_OF_BOXED = 6;
// Ways from the island in which a label is looked for: right, left, up and down first, as they are read most easily.
const WAYS = [[1, 0], [-1, 0], [0, -1], [0, 1], [0.7, -0.7], [-0.7, -0.7], [0.7, 0.7], [-0.7, 0.7], [0.92, -0.38], [-0.92, -0.38],
  [0.92, 0.38], [-0.92, 0.38], [0.38, -0.92], [-0.38, -0.92], [0.38, 0.92], [-0.38, 0.92]];

function binOf(v) {
  return Math.min(BINS - 1, Math.floor((v * BINS) / (FULL + 1)));
}

// How many cells are in each bin, all together and per category (`entry` 0 is "no value", category k is entry k + 1).
function countBins(xy, entry, nCategories) {
  const all = new Uint32Array(BINS * BINS), per = new Uint32Array(nCategories * BINS * BINS);
  for (let i = 0; i < entry.length; i++) {
    const bin = binOf(xy[2 * i + 1]) * BINS + binOf(xy[2 * i]);
    all[bin]++;
    if (entry[i]) per[(entry[i] - 1) * BINS * BINS + bin]++;
  }
  return { all, per };
}

function quantile(counts, share) {
  let total = 0, seen = 0;
  for (const c of counts) total += c;
  for (let k = 0; k < counts.length; k++) {
    seen += counts[k];
    if (seen >= share * total) return (k + 0.5) / counts.length;
  }
  return 0.5;
}

function densest(counts) {
  let best = 0, most = -1;
  for (let y = 1; y < BINS - 1; y++) {
    for (let x = 1; x < BINS - 1; x++) {
      let sum = 0;
      for (let dy = -1; dy <= 1; dy++) for (let dx = -1; dx <= 1; dx++) sum += counts[(y + dy) * BINS + x + dx];
      if (sum > most) [best, most] = [y * BINS + x, sum];
    }
  }
  return [best % BINS, Math.floor(best / BINS)];
}

// Median and extent of the island that holds most of a category; null when other categories fill that place too
// (a sample or a batch has no place of its own).
function island(counts, all) {
  const [cx, cy] = densest(counts), across = new Uint32Array(BINS), up = new Uint32Array(BINS);
  let own = 0, every = 0;
  for (let y = Math.max(0, cy - WINDOW); y <= Math.min(BINS - 1, cy + WINDOW); y++) {
    for (let x = Math.max(0, cx - WINDOW); x <= Math.min(BINS - 1, cx + WINDOW); x++) {
      const c = counts[y * BINS + x];
      across[x] += c;
      up[y] += c;
      own += c;
      if (c) every += all[y * BINS + x];
    }
  }
  if (!own || own / every < LEAST_PURITY) return null;
  return { x: quantile(across, 0.5), y: quantile(up, 0.5), left: quantile(across, 0.04), right: quantile(across, 0.96),
           low: quantile(up, 0.04), high: quantile(up, 0.96) };
}

// Sums of occupied bins, so that the share of a rectangle that lies on cells is four look-ups.
function occupied(all, n) {
  const least = Math.max(1, Math.round((0.05 * n) / (BINS * BINS)));
  const sums = new Uint32Array((BINS + 1) * (BINS + 1));
  for (let y = 0; y < BINS; y++) {
    for (let x = 0; x < BINS; x++) {
      const here = all[y * BINS + x] >= least ? 1 : 0;
      sums[(y + 1) * (BINS + 1) + x + 1] = here + sums[y * (BINS + 1) + x + 1] + sums[(y + 1) * (BINS + 1) + x]
        - sums[y * (BINS + 1) + x];
    }
  }
  return sums;
}

function labelPlaces(xy, entry, nCategories) {
  const { all, per } = countBins(xy, entry, nCategories), size = BINS * BINS, islands = [];
  for (let k = 0; k < nCategories; k++) islands.push(island(per.subarray(k * size, (k + 1) * size), all));
  return { islands, sums: occupied(all, entry.length) };
}

function covered(sums, x0, y0, x1, y1) {
  const clamp = (v) => Math.max(0, Math.min(BINS, v));
  const a = clamp(Math.floor(x0 * BINS)), b = clamp(Math.ceil(x1 * BINS));
  const c = clamp(Math.floor(y0 * BINS)), d = clamp(Math.ceil(y1 * BINS)), w = BINS + 1;
  if (b <= a || d <= c) return 0;
  return (sums[d * w + b] - sums[c * w + b] - sums[d * w + a] + sums[c * w + a]) / ((b - a) * (d - c));
}

function overlap(a, b) {
  return a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h;
}

// Where a label of this size may stand, `d` pixels off the island (left, top, right, bottom; in pixels), in every way.
function candidatesAround(isle, w, h) {
  const midX = (isle.left + isle.right) / 2, midY = (isle.top + isle.bottom) / 2;
  return STEPS.flatMap((d) => WAYS.map(([dx, dy]) => [
    midX + dx * ((isle.right - isle.left) / 2 + d + w / 2) - w / 2, midY + dy * ((isle.bottom - isle.top) / 2 + d + h / 2) - h / 2]));
}

// The line from a label to its island; null where it stands so near that nobody asks whose it is.
function lineTo(box, cx, cy) {
  const x = Math.max(box.x, Math.min(box.x + box.w, cx)), y = Math.max(box.y, Math.min(box.y + box.h, cy));
  return box.off >= LINE_FROM ? { x, y, length: Math.hypot(cx - x, cy - y), angle: Math.atan2(cy - y, cx - x) } : null;
}

// Whether a line passes through a rectangle; looked at every few pixels.
function passes(line, { x, y, w, h }) {
  if (!line) return false;
  for (let at = 0; at <= line.length; at += 3) {
    const px = line.x + at * Math.cos(line.angle), py = line.y + at * Math.sin(line.angle);
    if (px >= x && px <= x + w && py >= y && py <= y + h) return true;
  }
  return false;
}

// Rectangles for labels in the order given. `kept`: the candidate each label has so far; `taken`: rectangles to stay out of.
function placeLabels(wanted, sums, coordinates, kept, taken) {
  const placed = [], stage = coordinates.size();
  for (const label of wanted) {
    const [cx, cy] = coordinates.toScreen(label.island.x, label.island.y);
    if (cx < 0 || cy < 0 || cx > stage.w || cy > stage.h) continue;
    const [left, bottom] = coordinates.toScreen(label.island.left, label.island.low);
    const [right, top] = coordinates.toScreen(label.island.right, label.island.high);
    const w = label.width, h = LABEL_HEIGHT, rim = label.boxed ? RIM_OF_BOXED : RIM;
    let best = null;
    candidatesAround({ left, right, top, bottom }, w, h).forEach(([x, y], at) => {
      const box = { x, y, w, h, at, label }, whole = { x: x - rim, y: y - rim, w: w + 2 * rim, h: h + 2 * rim };
      if (x < 2 || y < 2 || x + w > stage.w - 2 || y + h > stage.h - 2) return;
      if ([...placed.map((other) => other.whole), ...taken].some((other) => overlap(other, whole))) return;
      const [x0, y0] = coordinates.toMap(whole.x, whole.y + whole.h), [x1, y1] = coordinates.toMap(whole.x + whole.w, whole.y);
      if (covered(sums, x0, y0, x1, y1) > 0) return;
      const far = Math.hypot(x + w / 2 - cx, y + h / 2 - cy) / Math.max(stage.w, stage.h);
      Object.assign(box, { whole, off: STEPS[Math.floor(at / WAYS.length)] });
      box.line = lineTo(box, cx, cy);
      if (placed.some((other) => passes(box.line, other.whole) || passes(other.line, whole))) return;
      box.cost = far + (kept.get(label.name) === at ? -0.15 : 0);
      if (!best || box.cost < best.cost) best = box;
    });
    if (best) placed.push(best);
  }
  return placed;
}
