// One panel: all cells in colours of its own, with labels, legend, notes and hover card. View and choice are the link's.
const NEAR_PX = 9, MOST_LABELS = 60, SETTLE_MS = 140;

class Panel {
  constructor(parent) {
    this.only = new Set();
    this.kept = new Map();
    Object.assign(this, buildPanel(this));
    parent.append(this.root);
    this.coordinates = new Coordinates(this.stage);
    this.painter = new Painter(this.canvas);
    if (!this.painter.gl) this.say("This browser cannot draw the map, because WebGL2 is missing or switched off. "
      + "The table of clusters holds the same labels; another browser, or hardware acceleration in the settings of this one, "
      + "brings the map back.");
    this.gestures = new Gestures(this);
    this.canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    this.canvas.addEventListener("webglcontextrestored", () => {
      this.painter.prepare();
      this.placed = false;
      this.start();
    });
    this.resizing = new ResizeObserver(() => this.resize());
    this.resizing.observe(this.stage);
  }

  ready() {
    return Boolean(this.painter.gl && this.head && this.link.cells);
  }

  say(text) {
    this.sentence.textContent = text;
    this.sentence.hidden = false;
    this.tools.hidden = true;
  }

  // ---- data
  receive(head, entry) {
    const before = this.head, same = before && before.id === head.id && before.cells === head.cells;
    this.head = head;
    this.root.style.height = `${head.height}px`;
    this.root.style.setProperty("--muted", head.muted);
    this.root.setAttribute("aria-label", head.alt);
    this.canvas.setAttribute("aria-label", `${head.alt}. Arrow keys move, plus and minus zoom, 0 shows the whole map, `
      + "Escape clears the chosen cells.");
    this.axis.textContent = head.axes;
    this.tools.hidden = head.panel > 1 || !this.painter.gl;
    if (same) {
      this.dress();
      return;
    }
    if (!before || before.kind !== head.kind || String(before.categories) !== String(head.categories)) this.only.clear();
    this.join(Link.of(head.cells));
    this.entry = entry;
    this.counted = null;
    this.start();
  }

  join(link) {
    if (this.link === link) return;
    if (this.link && !link.panels.size) link.lookAs(this.link);
    this.link?.panels.delete(this);
    this.link = this.coordinates.link = link;
    link.panels.add(this);
    this.placed = false;
    this.drawn = this.places = this.counted = null;
  }

  // Begins to draw when both the cells and their colours are here.
  start() {
    if (!this.ready()) return;
    this.mark("data");
    if (!this.placed) this.painter.setPlaces(this.link.cells.xy);
    this.placed = true;
    this.colour();
  }

  colour() {
    const { head, entry } = this;
    if (!this.counted) {
      this.counted = new Uint32Array(head.kind === "values" ? 256 : head.categories.length + 1);
      for (const e of entry) this.counted[e]++;
      this.places = head.kind === "categories" && head.labelled && head.categories.length <= MOST_LABELS
        ? labelPlaces(this.link.cells.xy, entry, head.categories.length) : null;
      this.kept.clear();
    }
    const painted = this.painted();
    this.canvas.dataset.focus = String(this.dims() ? this.link.said.focus : "");
    this.painter.setEntries(painted);
    this.painter.setPalette(head.kind === "values" ? valuePalette(head) : categoryPalette(head, this.only));
    this.painter.setOrder(drawingOrder(painted, this.layers(), 256));
    this.dress();
    this.redraw();
  }

  // Whether the cells outside of the chosen cluster stand back. Values keep their colours: paler would read as lower.
  dims() {
    return this.head.kind === "categories" && !this.only.size && this.link.said.focus.length > 0;
  }

  // The entries as they are painted: those of cells that stand back are in a second, paler set.
  painted() {
    if (!this.dims()) return this.entry;
    const { cluster } = this.link.cells, focus = this.link.inFocus(), n = this.counted.length, { entry } = this;
    const painted = 2 * n > 256 ? new Uint16Array(entry.length) : new Uint8Array(entry.length);
    for (let i = 0; i < entry.length; i++) painted[i] = focus[cluster[i]] ? entry[i] : entry[i] + n;
    return painted;
  }

  // Another cluster was chosen: what is shown alone stays so only while it holds cells of that cluster.
  refocus() {
    if (!this.ready() || !this.counted) return;
    const { cluster } = this.link.cells, focus = this.link.inFocus();
    if (this.only.size && !this.entry.some((e, i) => focus[cluster[i]] && this.only.has(e - 1))) this.only.clear();
    this.colour();
  }

  // No value first; high values last; the shown categories above the faint ones.
  layers() {
    const n = this.counted.length, layers = new Uint16Array(2 * n), above = this.only.size || this.dims();
    for (let e = 1; e < n; e++) layers[e] = this.head.kind === "values" ? e : this.shows(e) && above ? 2 : 1;
    return layers.fill(1, n + 1);
  }

  shows(entry) {
    return !this.only.size || this.only.has(entry - 1);
  }

  // Legend, labels and notes: everything but the drawing.
  dress() {
    const { head, legend } = this;
    if (!this.ready() || !this.counted) return;
    const focused = [...legend.querySelectorAll("button")].indexOf(this.root.getRootNode().activeElement);
    const scrolled = legend.scrollTop;
    legend.replaceChildren(head.kind === "values" ? valueLegend(head, this.counted)
      : categoryLegend(head, this.counted, this.only, (k, more) => this.chip(k, more)));
    legend.scrollTop = scrolled;
    legend.setAttribute("aria-label", `Legend: ${head.title}`);
    if (focused >= 0) legend.querySelectorAll("button")[focused]?.focus();
    this.dressNote();
  }

  dressNote() {
    if (!this.ready() || !this.counted) return;
    const { head } = this, { chosen } = this.link.said, lines = [];
    if (chosen) lines.push([`${whole(chosen)} cells chosen`, "Clear", "Clear the chosen cells", () => this.link.clear()]);
    if (this.only.size) {
      const n = [...this.only].reduce((sum, k) => sum + this.counted[k + 1], 0);
      lines.push([`${whole(n)} cells shown in colour`, "Show all", "Show all categories in colour", () => this.isolate(-1)]);
    }
    if (this.dims() && head.panel === 1) {
      lines.push([`Cluster ${this.link.said.clusters[this.link.said.focus[0] - 1]} chosen`, "Show all",
                  "Show the cells of all clusters in full colour", () => this.link.chooseNone()]);
    }
    this.note.replaceChildren(...lines.map((line) => noteLine(...line)));
    this.note.hidden = !lines.length;
    this.placeOver();
  }

  // A type or cluster of the legend is shown alone, and its cluster is the chosen one everywhere.
  chip(k, more) {
    this.isolate(k, more);
    if (this.head.of_clusters && this.only.size === 1) {
      this.link.chooseCluster(this.link.commonest((i) => this.only.has(this.entry[i] - 1)));
    }
  }

  isolate(k, more) {
    const alone = this.only.size === 1 && this.only.has(k);
    if (k < 0 || (alone && !more)) this.only.clear();
    else if (!more) this.only = new Set([k]);
    else if (!this.only.delete(k)) this.only.add(k);
    this.kept.clear();
    this.colour();
  }

  // ---- drawing
  // A quick machine draws anew; on a slow one the picture is moved and drawn anew once the hand rests.
  viewChanged() {
    if (!this.ready()) return;
    this.pointed = null;
    this.stage.classList.remove("on-cell");
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
    const { drawn } = this, { view } = this.link;
    if (!drawn) return;
    const k = this.coordinates.scale(), dx = (drawn.x - view.x) * k, dy = -(drawn.y - view.y) * k;
    const same = drawn.scale === k && !dx && !dy;
    this.canvas.style.transform = same ? "" : `translate(${dx}px, ${dy}px) scale(${k / drawn.scale})`;
  }

  resize() {
    const ratio = Math.min(2, window.devicePixelRatio || 1), { w, h } = this.coordinates.size();
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
    const { coordinates } = this, { x, y } = this.link.view, wanted = { x, y, scale: coordinates.scale() };
    const size = coordinates.pointSize() * (this.canvas.width / coordinates.size().w);
    this.canvas.dataset.state = "drawing";
    this.painter.draw({ ...coordinates.toClip(), size, opacity: coordinates.opacity() }, () => {
      this.drawn = wanted;
      this.shiftPicture();
    }, () => {
      this.canvas.dataset.state = "drawn";
      this.mark("drawn");
    });
  }

  // For measuring: a pair of marks per panel.
  mark(what) {
    const name = `cassia-map-${what} ${this.head.panel}`;
    performance.clearMarks(name);
    performance.mark(name);
  }

  // ---- over the picture: names, the line around cells, the ring
  placeOver() {
    const { x, y, zoom } = this.link.view;
    this.canvas.dataset.view = [x, y, zoom].map((v) => v.toFixed(4)).join(" ");
    this.placeOutline();
    this.showRing();
    this.placeNames();
  }

  placeOutline() {
    if (!this.ready()) return;
    const points = (this.link.outline || []).map((at) => this.coordinates.toScreen(...at).join(","));
    this.polygon.setAttribute("points", points.join(" "));
  }

  // The cell that is pointed at in another panel, with what its colour says here.
  showRing() {
    const { by, pointed, cells } = this.link, stage = this.coordinates.size();
    if (by === this || !this.counted) return;
    this.ring.toggleAttribute("hidden", pointed < 0);
    if (pointed < 0) {
      this.card.hidden = true;
      return;
    }
    const [x, y] = this.coordinates.toScreen(cells.xy[2 * pointed] / FULL, cells.xy[2 * pointed + 1] / FULL);
    this.ring.setAttribute("cx", x);
    this.ring.setAttribute("cy", y);
    const value = valueLine(this, pointed), within = x >= 0 && y >= 0 && x <= stage.w && y <= stage.h;
    placeCard(this.card, value && within ? [value] : [], x, y, stage);
  }

  placeNames() {
    this.labels.replaceChildren();
    if (!this.places) return;
    const { categories, boxed } = this.head, { islands } = this.places;
    const wanted = categories.map((name, k) => ({ name, k, island: islands[k], n: this.counted[k + 1], boxed: name === boxed }))
      .filter((label) => label.n && label.island && this.shows(label.k + 1));
    wanted.sort((a, b) => (b.name === boxed) - (a.name === boxed) || b.n - a.n);
    for (const label of wanted) label.width = this.measure(label.name);
    const taken = [this.tools, this.note, this.axis].filter((part) => !part.hidden).map(boxOnStage)
      .map(({ x, y, w, h }) => ({ x: x - 4, y: y - 4, w: w + 8, h: h + 8 }));
    for (const { x, y, at, label, line } of placeLabels(wanted, this.places.sums, this.coordinates, this.kept, taken)) {
      this.kept.set(label.name, at);
      const element = make("div", label.name === boxed ? "label boxed" : "label", label.name);
      element.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
      if (line) this.labels.append(leader(line));
      this.labels.append(element);
    }
  }

  measure(text) {
    this.ruler ??= document.createElement("canvas").getContext("2d");
    this.ruler.font = FONT + getComputedStyle(this.root).fontFamily;
    return Math.ceil(this.ruler.measureText(text).width) + 2;
  }

  // ---- what gestures do here, in pixels of the stage
  zoomBy(factor, px, py) {
    if (!this.ready()) return;
    const { w, h } = this.coordinates.size();
    this.link.zoomBy(factor, ...this.coordinates.toMap(px ?? w / 2, py ?? h / 2));
  }

  moveBy(dx, dy) {
    const k = this.coordinates.scale();
    this.link.moveBy(-dx / k, dy / k);
  }

  cellAt(px, py) {
    return this.link.nearest(...this.coordinates.toMap(px, py), NEAR_PX / this.coordinates.scale(), (i) => this.shows(this.entry[i]));
  }

  click(px, py) {
    const cell = this.cellAt(px, py);
    if (cell >= 0) this.link.click(cell);
    else this.link.chooseNone();
  }

  // Every cell inside the line that is in colour here.
  choose() {
    const { mask, count } = this.coordinates.inside(this.link.outline, (i) => this.shows(this.entry[i]));
    if (count) this.link.choose(mask);
    else this.link.clear();
  }

  hover(px, py) {
    this.pointed = [px, py];
    this.looking ??= requestAnimationFrame(() => {
      this.looking = null;
      if (this.pointed && this.ready()) this.showCard(...this.pointed);
    });
  }

  showCard(px, py) {
    const cell = this.cellAt(px, py);
    this.stage.classList.toggle("on-cell", cell >= 0);
    this.ring.toggleAttribute("hidden", true);
    placeCard(this.card, cell < 0 ? [] : cellLines(this, cell), px, py, this.coordinates.size());
    this.link.point(cell, this);
  }

  pointAway() {
    this.pointed = null;
    this.stage.classList.remove("on-cell");
    this.link.point(-1, null);
  }

  free() {
    this.link?.panels.delete(this);
    this.resizing.disconnect();
    this.gestures.free();
    clearTimeout(this.settling);
    this.painter.free();
    this.root.remove();
  }
}
