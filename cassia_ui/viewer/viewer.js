// The map: what a person sees and does. Cells and colours come as two messages; a new colour leaves the cells alone.
const stored = new Map(), views = new Map();
const MARGIN = 14, NEAR_PX = 9, CLICK_PX = 4, MOST_STORED = 4, MOST_LABELS = 60, SETTLE_MS = 140, HINT_MS = 2200;

class MapView {
  constructor(parent) {
    this.only = new Set();
    this.kept = new Map();
    this.tool = "move";
    this.build(parent);
    this.painter = new Painter(this.canvas);
    if (!this.painter.gl) this.say("This browser cannot draw the map, because WebGL2 is missing or switched off. "
      + "The table of clusters holds the same labels; another browser, or hardware acceleration in the settings of this one, "
      + "brings the map back.");
    this.watch();
  }

  build(parent) {
    this.root = make("div", "root");
    this.root.setAttribute("role", "group");
    this.stage = make("div", "stage");
    this.canvas = make("canvas", "cw-map");
    this.canvas.tabIndex = 0;
    this.canvas.setAttribute("role", "img");
    this.over = document.createElementNS(SVG, "svg");
    this.over.setAttribute("class", "over");
    this.polygon = document.createElementNS(SVG, "polygon");
    this.over.append(this.polygon);
    this.labels = make("div", "labels");
    this.labels.setAttribute("aria-hidden", "true");
    this.axis = make("div", "axis");
    this.card = make("div", "card");
    this.note = make("div", "note");
    this.hint = make("div", "hint", "Click the map first, or hold Ctrl, to zoom with the wheel");
    this.sentence = make("div", "sentence");
    this.legend = make("div", "legend");
    for (const part of [this.card, this.note, this.hint, this.sentence]) part.hidden = true;
    this.tools = make("div", "tools");
    this.moveTool = tool("move", "Move the map by dragging", () => this.setTool("move"));
    this.lassoTool = tool("lasso", "Choose cells by drawing around them (or hold Shift)", () => this.setTool("lasso"));
    this.tools.append(this.moveTool, this.lassoTool, tool("closer", "Closer", () => this.zoomBy(1.5)),
      tool("wider", "Wider", () => this.zoomBy(1 / 1.5)), tool("whole", "Whole map", () => this.reset()));
    this.stage.append(this.canvas, this.labels, this.over, this.axis, this.note, this.tools, this.hint, this.card, this.sentence);
    this.root.append(this.stage, this.legend);
    parent.append(this.root);
    this.setTool("move");
  }

  watch() {
    const on = (name, act, options) => this.canvas.addEventListener(name, (event) => this.ready() && act(event), options);
    on("pointerdown", (e) => this.down(e));
    on("pointermove", (e) => this.moved(e));
    on("pointerup", (e) => this.up(e));
    on("pointercancel", () => this.endDrag());
    on("pointerleave", () => this.hideCard());
    on("dblclick", () => this.reset());
    on("wheel", (e) => this.wheel(e), { passive: false });
    on("keydown", (e) => this.pressed(e));
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.painter.prepare();
      if (this.cells) this.painter.setPlaces(this.cells.xy);
      if (this.head) this.colour();
    });
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.stage);
  }

  ready() {
    return Boolean(this.painter.gl && this.cells && this.head && this.cells.id === this.head.cells);
  }

  say(text) {
    this.sentence.textContent = text;
    this.sentence.hidden = false;
    this.tools.hidden = true;
  }

  // ---- data
  receive(head, entry, talk) {
    const before = this.head;
    this.talk = talk;
    this.root.style.height = `${head.height}px`;
    this.root.style.setProperty("--muted", head.muted);
    this.root.setAttribute("aria-label", head.alt);
    this.canvas.setAttribute("aria-label", `${head.alt}. Arrow keys move, plus and minus zoom, 0 shows the whole map.`);
    this.axis.textContent = head.axes;
    if (!head.chosen && before?.chosen) this.outline = null;
    const same = before && before.id === head.id;
    this.head = head;
    if (!same) {
      if (!before || before.kind !== head.kind || String(before.categories) !== String(head.categories)) this.only.clear();
      this.entry = entry;
      this.counted = null;
    }
    const cells = stored.get(head.cells);
    if (!cells || !this.painter.gl) return;
    if (same && this.cells === cells) return this.dress();
    performance.clearMarks("cassia-map-data");
    performance.mark("cassia-map-data");
    if (this.cells !== cells) {
      this.cells = cells;
      this.outline = null;
      this.grid = null;
      this.painter.setPlaces(cells.xy);
      this.reset(true);
    }
    this.colour();
  }

  colour() {
    const { head, entry } = this;
    if (!this.counted) {
      this.counted = new Uint32Array(head.kind === "values" ? 256 : head.categories.length + 1);
      for (const e of entry) this.counted[e]++;
      this.places = head.kind === "categories" && head.labelled && head.categories.length <= MOST_LABELS
        ? labelPlaces(this.cells.xy, entry, head.categories.length) : null;
      this.kept.clear();
    }
    this.painter.setEntries(entry);
    this.painter.setPalette(head.kind === "values" ? valuePalette(head) : categoryPalette(head, this.only));
    const layers = this.layers();
    this.painter.setOrder(drawingOrder(entry, layers, 256));
    this.dress();
    this.redraw();
  }

  // No value first; high values last; the shown categories above the faint ones.
  layers() {
    const layers = new Uint16Array(this.counted.length);
    for (let e = 1; e < layers.length; e++) layers[e] = this.head.kind === "values" ? e : this.shows(e) && this.only.size ? 2 : 1;
    return layers;
  }

  shows(entry) {
    return !this.only.size || this.only.has(entry - 1);
  }

  // Legend, labels and notes: everything but the drawing.
  dress() {
    const { head } = this;
    const focused = [...this.legend.querySelectorAll("button")].indexOf(this.root.getRootNode().activeElement);
    const scrolled = this.legend.scrollTop;
    this.legend.replaceChildren(head.kind === "values" ? valueLegend(head, this.counted)
      : categoryLegend(head, this.counted, this.only, (k, more) => this.isolate(k, more)));
    this.legend.scrollTop = scrolled;
    if (focused >= 0) this.legend.querySelectorAll("button")[focused]?.focus();
    this.note.replaceChildren();
    if (head.chosen) {
      const clear = make("button", "", "Clear");
      clear.type = "button";
      clear.addEventListener("click", () => this.clearLasso());
      this.note.append(make("span", "", `${whole(head.chosen)} cells chosen`), clear);
    }
    if (this.only.size) {
      const all = make("button", "", "Show all");
      all.type = "button";
      all.addEventListener("click", () => this.isolate(-1));
      const n = [...this.only].reduce((sum, k) => sum + this.counted[k + 1], 0);
      this.note.append(make("span", "", `${whole(n)} cells shown in colour`), all);
    }
    this.note.hidden = !this.note.childElementCount;
    this.placeOver();
  }

  isolate(k, more) {
    const alone = this.only.size === 1 && this.only.has(k);
    if (k < 0 || (alone && !more)) this.only.clear();
    else if (!more) this.only = new Set([k]);
    else if (!this.only.delete(k)) this.only.add(k);
    this.kept.clear();
    this.colour();
  }

  // ---- view: `x`, `y` of the middle and `scale` in pixels, with the map as 1 x 1
  fit() {
    const { w, h } = this.size(), { width, height } = this.cells;
    return Math.min((w - 2 * MARGIN) / width, (h - 2 * MARGIN) / height);
  }

  size() {
    return { w: this.stage.clientWidth || 1, h: this.stage.clientHeight || 1 };
  }

  reset(quiet) {
    this.view = { x: this.cells.width / 2, y: this.cells.height / 2, zoom: 1 };
    if (!quiet) this.changed();
  }

  scale() {
    return this.fit() * this.view.zoom;
  }

  toScreen(x, y) {
    const { w, h } = this.size(), k = this.scale();
    return [w / 2 + (x - this.view.x) * k, h / 2 - (y - this.view.y) * k];
  }

  toMap(px, py) {
    const { w, h } = this.size(), k = this.scale();
    return [this.view.x + (px - w / 2) / k, this.view.y - (py - h / 2) / k];
  }

  zoomBy(factor, px, py) {
    if (!this.ready()) return;
    const { w, h } = this.size(), [x, y] = this.toMap(px ?? w / 2, py ?? h / 2);
    const zoom = Math.max(0.5, Math.min(200, this.view.zoom * factor)), change = this.view.zoom / zoom;
    this.view = { x: x + (this.view.x - x) * change, y: y + (this.view.y - y) * change, zoom };
    this.changed();
  }

  moveBy(dx, dy) {
    const k = this.scale();
    this.view = { ...this.view, x: this.view.x - dx / k, y: this.view.y + dy / k };
    this.changed();
  }

  // A quick machine draws anew; on a slow one the picture is moved and drawn anew once the hand rests.
  changed() {
    this.hideCard();
    this.placeOver();
    clearTimeout(this.settling);
    if (!this.painter.slow) {
      this.redraw();
      return;
    }
    this.shiftPicture();
    this.settling = setTimeout(() => this.redraw(), SETTLE_MS);
  }

  shiftPicture() {
    const drawn = this.drawn;
    if (!drawn) return;
    const k = this.scale(), dx = (drawn.x - this.view.x) * k, dy = -(drawn.y - this.view.y) * k;
    const same = drawn.scale === k && !dx && !dy;
    this.canvas.style.transform = same ? "" : `translate(${dx}px, ${dy}px) scale(${k / drawn.scale})`;
  }

  resize() {
    const ratio = Math.min(2, window.devicePixelRatio || 1), { w, h } = this.size();
    const width = Math.round(w * ratio), height = Math.round(h * ratio);
    this.over.setAttribute("viewBox", `0 0 ${w} ${h}`);
    if (!this.painter.gl || (this.canvas.width === width && this.canvas.height === height)) return;
    this.canvas.width = width;
    this.canvas.height = height;
    this.painter.resize();
    if (!this.ready()) return;
    this.placeOver();
    this.redraw();
  }

  redraw() {
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      if (this.ready() && this.painter.n) this.paint();
    });
  }

  paint() {
    const { w, h } = this.size(), k = this.scale(), u = (2 * k) / w, v = (2 * k) / h;
    const wanted = { x: this.view.x, y: this.view.y, scale: k };
    const ratio = this.canvas.width / w;
    this.canvas.dataset.state = "drawing";
    this.painter.draw(
      { scale: [u, v], shift: [-this.view.x * u, -this.view.y * v], size: this.pointSize() * ratio, opacity: this.opacity() },
      () => {
        this.drawn = wanted;
        this.shiftPicture();
      },
      () => {
        this.canvas.dataset.state = "drawn";
        performance.clearMarks("cassia-map-drawn");
        performance.mark("cassia-map-drawn");
      });
  }

  // Few cells are large and solid, many small and faint; both grow as one comes closer.
  pointSize() {
    const { w, h } = this.size(), n = Math.max(1, this.cells.n);
    const size = Math.max(1.25, Math.min(6, 0.8 * Math.sqrt((w * h) / n)));
    return Math.min(12, size * Math.max(1, this.view.zoom) ** 0.4);
  }

  opacity() {
    const whole = Math.max(0.45, Math.min(0.9, 1.45 - 0.155 * Math.log10(Math.max(10, this.cells.n))));
    return Math.min(0.95, whole + 0.12 * Math.log2(Math.max(1, this.view.zoom)));
  }

  // ---- labels and lasso over the picture
  placeOver() {
    if (!this.ready()) return;
    this.labels.replaceChildren();
    const points = (this.outline || []).map(([x, y]) => this.toScreen(x, y).join(","));
    this.polygon.setAttribute("points", points.join(" "));
    if (!this.places) return;
    const stage = this.size(), { categories, boxed } = this.head;
    const wanted = categories.map((name, k) => ({ name, k, island: this.places.islands[k], n: this.counted[k + 1] }))
      .filter((label) => label.n && label.island && this.shows(label.k + 1));
    wanted.sort((a, b) => (b.name === boxed) - (a.name === boxed) || b.n - a.n);
    for (const label of wanted) label.width = this.measure(label.name);
    const placed = placeLabels(wanted, this.places.sums, stage, (x, y) => this.toScreen(x, y), (x, y) => this.toMap(x, y), this.kept);
    for (const { x, y, at, label } of placed) {
      this.kept.set(label.name, at);
      const element = make("div", label.name === boxed ? "label boxed" : "label", label.name);
      element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
      this.labels.append(element);
    }
  }

  measure(text) {
    this.ruler ??= document.createElement("canvas").getContext("2d");
    this.ruler.font = FONT + getComputedStyle(this.root).fontFamily;
    return Math.ceil(this.ruler.measureText(text).width) + 2;
  }

  // ---- pointer and keys
  setTool(name) {
    this.tool = name;
    this.moveTool.setAttribute("aria-pressed", String(name === "move"));
    this.lassoTool.setAttribute("aria-pressed", String(name === "lasso"));
    this.stage.classList.toggle("drawing-lasso", name === "lasso");
  }

  down(event) {
    if (event.button) return;
    this.canvas.setPointerCapture(event.pointerId);
    this.drag = { x: event.offsetX, y: event.offsetY, far: 0, lasso: this.tool === "lasso" || event.shiftKey, path: [] };
    [this.drag.x, this.drag.y] = this.point(event);
    if (this.drag.lasso) this.drag.path.push(this.toMap(this.drag.x, this.drag.y));
  }

  // Position on the stage; the canvas itself may be shifted.
  point(event) {
    const box = this.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  moved(event) {
    const [x, y] = this.point(event), drag = this.drag;
    if (!drag) {
      this.hover(x, y);
      return;
    }
    const dx = x - drag.x, dy = y - drag.y;
    drag.far += Math.hypot(dx, dy);
    if (drag.far < CLICK_PX) return;
    [drag.x, drag.y] = [x, y];
    if (drag.lasso) {
      drag.path.push(this.toMap(x, y));
      this.outline = drag.path;
      this.placeOver();
    } else {
      this.stage.classList.add("moving");
      this.moveBy(dx, dy);
    }
  }

  up(event) {
    const drag = this.drag, [x, y] = this.point(event);
    this.endDrag();
    if (!drag) return;
    if (drag.far < CLICK_PX) this.click(x, y);
    else if (drag.lasso) this.choose();
  }

  endDrag() {
    this.drag = null;
    this.stage.classList.remove("moving");
  }

  wheel(event) {
    if (this.root.getRootNode().activeElement !== this.canvas && !event.ctrlKey && !event.metaKey) {
      this.hint.hidden = false;
      clearTimeout(this.hinting);
      this.hinting = setTimeout(() => { this.hint.hidden = true; }, HINT_MS);
      return;
    }
    event.preventDefault();
    this.hint.hidden = true;
    this.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...this.point(event));
  }

  pressed(event) {
    const step = 40, keys = { ArrowLeft: [step, 0], ArrowRight: [-step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] };
    if (keys[event.key]) this.moveBy(...keys[event.key]);
    else if (event.key === "+" || event.key === "=") this.zoomBy(1.4);
    else if (event.key === "-") this.zoomBy(1 / 1.4);
    else if (event.key === "0") this.reset();
    else if (event.key === "Escape") this.escape();
    else return;
    event.preventDefault();
  }

  escape() {
    if (this.only.size) this.isolate(-1);
    else if (this.head.chosen) this.clearLasso();
  }

  cellAt(px, py) {
    this.grid ??= new Grid(this.cells.xy);
    const [x, y] = this.toMap(px, py);
    return this.grid.nearest(x * FULL, y * FULL, (NEAR_PX / this.scale()) * FULL, (i) => this.shows(this.entry[i]));
  }

  click(x, y) {
    const cell = this.cellAt(x, y), code = cell < 0 ? 0 : this.cells.cluster[cell];
    if (code) this.talk.setTriggerValue("click", { cluster: code - 1, cells: this.cells.id });
  }

  choose() {
    const { w, h } = this.size(), mask = document.createElement("canvas"), ratio = 2;
    mask.width = w * ratio;
    mask.height = h * ratio;
    const pen = mask.getContext("2d");
    pen.beginPath();
    for (const [x, y] of this.outline) pen.lineTo(...this.toScreen(x, y).map((v) => v * ratio));
    pen.fill();
    const { data, width, height } = pen.getImageData(0, 0, mask.width, mask.height);
    const k = this.scale() * ratio, left = width / 2 - this.view.x * k, top = height / 2 + this.view.y * k, { xy } = this.cells;
    const { mask: bits, count } = packMask((i) => {
      const px = Math.floor(left + (xy[2 * i] / FULL) * k), py = Math.floor(top - (xy[2 * i + 1] / FULL) * k);
      return px >= 0 && py >= 0 && px < width && py < height && data[4 * (py * width + px) + 3] > 127 && this.shows(this.entry[i]);
    }, this.cells.n);
    if (!count) this.clearLasso();
    else this.talk.setStateValue("lasso", { bits, cells: this.cells.id });
  }

  clearLasso() {
    this.outline = null;
    this.placeOver();
    if (this.head.chosen) this.talk.setStateValue("lasso", null);
  }

  // ---- hover card
  hover(x, y) {
    this.pointed = [x, y];
    this.looking ??= requestAnimationFrame(() => {
      this.looking = null;
      if (this.pointed && this.ready()) this.showCard(...this.pointed);
    });
  }

  hideCard() {
    this.pointed = null;
    this.card.hidden = true;
    this.stage.classList.remove("on-cell");
  }

  showCard(px, py) {
    const cell = this.cellAt(px, py), { head } = this;
    this.stage.classList.toggle("on-cell", cell >= 0);
    this.card.hidden = cell < 0;
    if (cell < 0) return;
    const code = this.cells.cluster[cell], lines = [];
    if (code) lines.push(make("b", "", head.labels[code - 1]), make("span", "", `Cluster ${head.clusters[code - 1]}`));
    else lines.push(make("b", "", "No cluster"));
    const value = this.valueOf(this.entry[cell]);
    if (value) lines.push(value);
    this.card.replaceChildren(...lines);
    const { w, h } = this.size(), own = this.card.getBoundingClientRect();
    const x = px + 14 + own.width > w ? px - 14 - own.width : px + 14, y = Math.min(py + 10, h - own.height - 4);
    this.card.style.transform = `translate(${Math.max(2, x)}px, ${Math.max(2, y)}px)`;
  }

  valueOf(entry) {
    const { head } = this;
    if (!head.in_card) return null;
    const line = make("span");
    line.append(make(head.gene ? "i" : "em", "", head.title), document.createTextNode(": "));
    let text = "no value";
    if (entry && head.kind === "values") {
      text = figure(head.low + ((entry - 1) / 254) * (head.top - head.low)) + (entry === 255 && head.clipped ? " or more" : "");
    } else if (entry) {
      text = head.categories[entry - 1];
    }
    line.append(document.createTextNode(text));
    return line;
  }

  free() {
    this.resizing.disconnect();
    clearTimeout(this.settling);
    this.painter.free();
    this.root.remove();
  }
}

function keepCells(head, [xy, cluster]) {
  if (stored.has(head.id)) return;
  stored.set(head.id, { id: head.id, n: xy.length / 2, xy, cluster, width: head.width, height: head.height });
  const used = new Set([...views.values()].map((view) => view.head?.cells));
  for (const id of stored.keys()) if (stored.size > MOST_STORED && !used.has(id) && id !== head.id) stored.delete(id);
}

export default function (component) {
  const { parentElement, data } = component;
  const [head, arrays] = unpack(data);
  if (head.kind === "cells") {
    keepCells(head, arrays);
    for (const view of views.values()) if (view.head?.cells === head.id) view.receive(view.head, view.entry, view.talk);
    return;
  }
  let view = views.get(parentElement);
  if (!view || !view.root.isConnected) {
    view?.free();
    view = new MapView(parentElement);
    views.set(parentElement, view);
  }
  view.receive(head, arrays[0], component);
  return () => setTimeout(() => {
    if (view.root.isConnected) return;
    view.free();
    views.delete(parentElement);
  }, 500);
}
