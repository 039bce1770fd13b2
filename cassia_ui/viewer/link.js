// What all panels of the same cells share: the cells, the view, the cell pointed at and the line drawn around cells.
const LEAST_ZOOM = 0.5, MOST_ZOOM = 200, MOST_KEPT = 4, links = new Map();

class Link {
  constructor(id) {
    this.id = id;
    this.panels = new Set();
    this.cells = null;
    this.grid = null;
    this.said = { chosen: 0, focus: [], clusters: [], labels: [] };
    this.talk = null;
    this.outline = null;
    this.pointed = -1;
    this.by = null;
    this.view = { x: 0.5, y: 0.5, zoom: 1 };
  }

  static of(id) {
    if (!links.has(id)) links.set(id, new Link(id));
    return links.get(id);
  }

  // Cells come once; those of maps that are not on the page any more are forgotten, the oldest first.
  keep(head, [xy, cluster]) {
    this.cells = { n: xy.length / 2, xy, cluster, width: head.width, height: head.height };
    this.view = this.wholeView();
    for (const panel of this.panels) panel.start();
    for (const [id, link] of links) if (links.size > MOST_KEPT && !link.panels.size && link !== this) links.delete(id);
  }

  // What the page says of all panels: the names of the clusters and how many cells are chosen.
  hear(head, talk) {
    if (this.said.chosen && !head.chosen) this.outline = null;
    const refocused = String(this.said.focus) !== String(head.focus);
    this.said = head;
    this.talk = talk;
    for (const panel of this.panels) {
      if (refocused) panel.refocus();
      else panel.dressNote();
    }
  }

  // ---- view: `x`, `y` of the middle, with the map as 1 x 1; `zoom` 1 shows the whole map
  moveBy(dx, dy) {
    this.view = { ...this.view, x: this.view.x + dx, y: this.view.y + dy };
    this.moved();
  }

  // Nearer by `factor`, with (x, y) staying where it is.
  zoomBy(factor, x, y) {
    const zoom = Math.max(LEAST_ZOOM, Math.min(MOST_ZOOM, this.view.zoom * factor)), change = this.view.zoom / zoom;
    this.view = { x: x + (this.view.x - x) * change, y: y + (this.view.y - y) * change, zoom };
    this.moved();
  }

  whole() {
    this.view = this.wholeView();
    this.moved();
  }

  wholeView() {
    return { x: this.cells.width / 2, y: this.cells.height / 2, zoom: 1 };
  }

  // Cells at the same places, grouped anew (some were set aside), stay where a person was looking.
  lookAs(before) {
    const [a, b] = [before.cells, this.cells];
    if (a && b && a.n === b.n && a.width === b.width && a.height === b.height) this.view = before.view;
  }

  moved() {
    this.pointed = -1;
    this.by = null;
    for (const panel of this.panels) panel.viewChanged();
  }

  // ---- cells
  nearest(x, y, radius, accept) {
    this.grid ??= new Grid(this.cells.xy);
    return this.grid.nearest(x * FULL, y * FULL, radius * FULL, accept);
  }

  // `by` shows the card of the cell; the others show where it is.
  point(cell, by) {
    if (cell === this.pointed && by === this.by) return;
    this.pointed = cell;
    this.by = by;
    for (const panel of this.panels) panel.showRing();
  }

  draw(outline) {
    this.outline = outline;
    for (const panel of this.panels) panel.placeOutline();
  }

  choose(bits) {
    this.talk?.setStateValue("lasso", { bits, cells: this.id, at: Date.now() });
  }

  clear() {
    this.draw(null);
    if (this.said.chosen) this.talk?.setStateValue("lasso", null);
  }

  click(cell) {
    this.chooseCluster(this.cells.cluster[cell]);
  }

  // `code` is the number of a cluster from 1.
  chooseCluster(code) {
    if (code) this.talk?.setTriggerValue("click", { cluster: code - 1, cells: this.id });
  }

  chooseNone() {
    if (this.said.focus.length) this.talk?.setTriggerValue("click", { cluster: -1, cells: this.id });
  }

  // 1 for every number of a cluster that is in focus.
  inFocus() {
    const focus = new Uint8Array(this.said.clusters.length + 1);
    for (const code of this.said.focus) focus[code] = 1;
    return focus;
  }

  // The cluster with most cells that `accept` takes; 0 for none.
  commonest(accept) {
    const { cluster } = this.cells, counts = new Uint32Array(this.said.clusters.length + 1);
    for (let i = 0; i < cluster.length; i++) if (accept(i)) counts[cluster[i]]++;
    counts[0] = 0;
    const most = Math.max(...counts);
    return most ? counts.indexOf(most) : 0;
  }
}
