// What pointer and keys do in a panel.
const CLICK_PX = 4, KEY_PX = 40, KEY_ZOOM = 1.4, HINT_MS = 2200;
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

class Gestures {
  constructor(panel) {
    this.panel = panel;
    this.drag = null;
    const on = (name, act, options) => panel.canvas.addEventListener(name, (event) => panel.ready() && act(event), options);
    on("pointerdown", (e) => this.down(e));
    on("pointermove", (e) => this.moved(e));
    on("pointerup", (e) => this.up(e));
    on("pointercancel", () => this.cancel());
    on("pointerleave", () => this.drag || panel.pointAway());
    on("dblclick", () => panel.link.whole());
    on("wheel", (e) => this.wheel(e), { passive: false });
    on("keydown", (e) => this.pressed(e));
    panel.root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && panel.ready() && this.escape()) event.preventDefault();
    });
    this.setTool("move");
  }

  setTool(name) {
    const { moveTool, lassoTool, stage } = this.panel;
    this.tool = name;
    moveTool.setAttribute("aria-pressed", String(name === "move"));
    lassoTool.setAttribute("aria-pressed", String(name === "lasso"));
    stage.classList.toggle("drawing-lasso", name === "lasso");
  }

  // Position on the stage; the canvas itself may be shifted.
  point(event) {
    const box = this.panel.stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  down(event) {
    if (event.button) return;
    const { panel } = this, [x, y] = this.point(event), lasso = this.tool === "lasso" || event.shiftKey;
    panel.canvas.setPointerCapture(event.pointerId);
    this.drag = { x, y, far: 0, path: lasso ? [panel.coordinates.toMap(x, y)] : null, before: panel.link.outline };
  }

  moved(event) {
    const { panel, drag } = this, [x, y] = this.point(event);
    if (!drag) {
      panel.hover(x, y);
      return;
    }
    const dx = x - drag.x, dy = y - drag.y;
    drag.far += Math.hypot(dx, dy);
    if (drag.far < CLICK_PX) return;
    [drag.x, drag.y] = [x, y];
    panel.pointAway();
    if (drag.path) {
      drag.path.push(panel.coordinates.toMap(x, y));
      panel.link.draw(drag.path);
    } else {
      panel.stage.classList.add("moving");
      panel.moveBy(dx, dy);
    }
  }

  up(event) {
    const { drag, panel } = this;
    this.endDrag();
    if (!drag) return;
    if (drag.far < CLICK_PX) panel.click(...this.point(event));
    else if (drag.path) panel.choose();
  }

  // The line that was there before the one being drawn comes back.
  cancel() {
    if (this.drag?.path) this.panel.link.draw(this.drag.before);
    this.endDrag();
  }

  endDrag() {
    this.drag = null;
    this.panel.stage.classList.remove("moving");
  }

  wheel(event) {
    const { panel } = this, { hint } = panel;
    if (panel.root.getRootNode().activeElement !== panel.canvas && !event.ctrlKey && !event.metaKey) {
      hint.hidden = false;
      clearTimeout(this.hinting);
      this.hinting = setTimeout(() => { hint.hidden = true; }, HINT_MS);
      return;
    }
    event.preventDefault();
    hint.hidden = true;
    panel.zoomBy(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...this.point(event));
  }

  pressed(event) {
    const { panel } = this, arrow = ARROWS[event.key];
    if (arrow) panel.moveBy(KEY_PX * arrow[0], KEY_PX * arrow[1]);
    else if (event.key === "+" || event.key === "=") panel.zoomBy(KEY_ZOOM);
    else if (event.key === "-") panel.zoomBy(1 / KEY_ZOOM);
    else if (event.key === "0") panel.link.whole();
    else return;
    event.preventDefault();
  }

  // Ends the line being drawn, else clears the chosen cells, else puts the lasso away, else shows all categories again.
  escape() {
    const { panel } = this;
    if (this.drag?.path) this.cancel();
    else if (panel.link.said.chosen) panel.link.clear();
    else if (this.tool === "lasso") this.setTool("move");
    else if (panel.only.size) panel.isolate(-1);
    else return false;
    return true;
  }

  free() {
    clearTimeout(this.hinting);
  }
}
