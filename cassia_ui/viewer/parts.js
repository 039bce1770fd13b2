// Pieces of the page around the drawing. Every text goes in as text, never as markup.
function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
}

const SVG = "http://www.w3.org/2000/svg";
function drawing(paths, box = "0 0 20 20") {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", box);
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

const ICONS = {
  move: ["M10 2v16M2 10h16M7.5 4.5 10 2l2.5 2.5M7.5 15.5 10 18l2.5-2.5M4.5 7.5 2 10l2.5 2.5M15.5 7.5 18 10l-2.5 2.5"],
  lasso: ["M6 13.5C3.600 12.500 2 10.800 2 8.500 2 5.200 5.600 3 10 3s8 2.200 8 5.500-3.600 5.500-8 5.500c-.8 0-1.500-.1-2.200-.2",
          "M6 11.500a2 2 0 1 0 .1 4M7.500 14c.6 1.600 0 3-1.500 4"],
  closer: ["M10 4v12M4 10h12"],
  wider: ["M4 10h12"],
  whole: ["M3 7.500V3h4.500M12.500 3H17v4.500M17 12.500V17h-4.500M7.500 17H3v-4.500"],
};

function tool(name, says, act) {
  const button = make("button", "tool");
  button.type = "button";
  button.setAttribute("aria-label", says);
  button.title = says;
  button.append(drawing(ICONS[name]));
  button.addEventListener("click", act);
  return button;
}

const whole = (n) => Math.round(n).toLocaleString("en-US");
const figure = (v) => (Math.abs(v) >= 100 ? whole(v) : String(Number(v.toPrecision(3))));

function rgb(hex) {
  return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

// Entry 0 is "no value" in grey. `only`: the categories to show in full, the others faint; empty: all. The same colours
// follow once more, paler, for cells that stand back.
const FAINT = 40, PALE = 64;
function categoryPalette(head, only) {
  const n = head.categories.length + 1, palette = new Uint8Array(8 * n);
  [head.grey, ...head.colours].forEach((hex, k) => {
    const full = !only.size || only.has(k - 1);
    palette.set([...rgb(full ? hex : head.grey), full ? 255 : FAINT], 4 * k);
    palette.set([...rgb(hex), PALE], 4 * (n + k));
  });
  return palette;
}

function valuePalette(head) {
  const palette = new Uint8Array(4 * 256), stops = head.scale.map(rgb);
  palette.set([...rgb(head.grey), 110], 0);
  for (let level = 1; level < 256; level++) {
    const at = ((level - 1) / 254) * (stops.length - 1), k = Math.min(stops.length - 2, Math.floor(at));
    palette.set([...stops[k].map((c, j) => Math.round(c + (at - k) * (stops[k + 1][j] - c))), 255], 4 * level);
  }
  return palette;
}

// A thin line from a label to the cells it names.
function leader({ x, y, length, angle }) {
  const element = make("div", "leader");
  element.style.width = `${Math.round(length)}px`;
  element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px) rotate(${angle}rad)`;
  return element;
}

const MOST_CHIPS = 80;
function categoryLegend(head, counts, only, choose) {
  const list = make("div", "chips");
  head.categories.slice(0, MOST_CHIPS).forEach((name, k) => {
    if (!counts[k + 1]) return;
    const chip = make("button", "chip");
    chip.type = "button";
    chip.setAttribute("aria-pressed", String(only.has(k)));
    chip.classList.toggle("faint", only.size > 0 && !only.has(k));
    chip.classList.toggle("boxed", head.boxed === name);
    const dot = make("span", "dot");
    dot.style.background = head.colours[k];
    chip.append(dot, make("span", "name", name), make("span", "count", whole(counts[k + 1])));
    chip.title = `${head.in_full[k]}, ${whole(counts[k + 1])} cells`;
    chip.addEventListener("click", (event) => choose(k, event.ctrlKey || event.metaKey || event.shiftKey));
    list.append(chip);
  });
  if (counts[0]) {
    const missing = make("span", "chip plain"), dot = make("span", "dot");
    dot.style.background = head.grey;
    missing.append(dot, make("span", "name", "no value"), make("span", "count", whole(counts[0])));
    list.append(missing);
  }
  if (head.categories.length > MOST_CHIPS) list.append(make("span", "chip plain", `and ${head.categories.length - MOST_CHIPS} more`));
  return list;
}

function valueLegend(head, counts) {
  const bar = make("div", "scale"), strip = make("span", "strip");
  strip.style.background = `linear-gradient(90deg, ${head.scale.join(", ")})`;
  bar.append(make("span", head.gene ? "name gene" : "name", head.title), make("span", "count", figure(head.low)), strip,
             make("span", "count", figure(head.top) + (head.clipped ? " and more" : "")));
  if (head.above !== null) bar.append(make("span", "count", `${whole(head.above)} cells above 0`));
  if (counts[0]) bar.append(make("span", "count", `${whole(counts[0])} without a value (grey)`));
  return bar;
}
