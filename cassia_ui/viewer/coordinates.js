// Where cells are on the stage of one panel, and which of them lie inside a line drawn there.
const MARGIN = 14, OVERSAMPLED = 2;

class Coordinates {
  constructor(stage) {
    this.stage = stage;
    this.link = null;
  }

  // In pixels.
  size() {
    return { w: this.stage.clientWidth || 1, h: this.stage.clientHeight || 1 };
  }

  // Pixels per width of the map.
  scale() {
    const { w, h } = this.size(), { width, height } = this.link.cells;
    return Math.min((w - 2 * MARGIN) / width, (h - 2 * MARGIN) / height) * this.link.view.zoom;
  }

  toScreen(x, y) {
    const { w, h } = this.size(), { view } = this.link, k = this.scale();
    return [w / 2 + (x - view.x) * k, h / 2 - (y - view.y) * k];
  }

  toMap(px, py) {
    const { w, h } = this.size(), { view } = this.link, k = this.scale();
    return [view.x + (px - w / 2) / k, view.y - (py - h / 2) / k];
  }

  // For the painter: from the map to -1 .. 1.
  toClip() {
    const { w, h } = this.size(), { view } = this.link, k = this.scale(), u = (2 * k) / w, v = (2 * k) / h;
    return { scale: [u, v], shift: [-view.x * u, -view.y * v] };
  }

  // Few cells are large and solid, many small and faint; both grow as one comes closer.
  pointSize() {
    const { w, h } = this.size(), n = Math.max(1, this.link.cells.n);
    const size = Math.max(1.25, Math.min(6, 0.8 * Math.sqrt((w * h) / n)));
    return Math.min(12, size * Math.max(1, this.link.view.zoom) ** 0.4);
  }

  opacity() {
    const all = Math.max(0.45, Math.min(0.9, 1.45 - 0.155 * Math.log10(Math.max(10, this.link.cells.n))));
    return Math.min(0.95, all + 0.12 * Math.log2(Math.max(1, this.link.view.zoom)));
  }

  // Cells inside `outline` that `accept` takes: one bit per cell, and how many.
  inside(outline, accept) {
    const { w, h } = this.size(), sheet = document.createElement("canvas");
    sheet.width = w * OVERSAMPLED;
    sheet.height = h * OVERSAMPLED;
    const pen = sheet.getContext("2d");
    pen.beginPath();
    for (const at of outline) pen.lineTo(...this.toScreen(...at).map((v) => v * OVERSAMPLED));
    pen.fill();
    const { data, width, height } = pen.getImageData(0, 0, sheet.width, sheet.height), { view } = this.link;
    const k = this.scale() * OVERSAMPLED, left = width / 2 - view.x * k, top = height / 2 + view.y * k, { xy, n } = this.link.cells;
    return packMask((i) => {
      const px = Math.floor(left + (xy[2 * i] / FULL) * k), py = Math.floor(top - (xy[2 * i + 1] / FULL) * k);
      return px >= 0 && py >= 0 && px < width && py < height && data[4 * (py * width + px) + 3] > 127 && accept(i);
    }, n);
  }
}
