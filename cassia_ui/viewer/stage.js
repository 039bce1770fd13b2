// The elements of one panel: stage with drawing, names, tools and notes; legend below.
function buildPanel(panel) {
  const root = make("div", "root"), stage = make("div", "stage"), canvas = make("canvas", "cw-map"), labels = make("div", "labels");
  root.setAttribute("role", "group");
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "img");
  labels.setAttribute("aria-hidden", "true");
  const over = document.createElementNS(SVG, "svg"), polygon = document.createElementNS(SVG, "polygon");
  const ring = document.createElementNS(SVG, "circle");
  over.setAttribute("class", "over");
  over.setAttribute("aria-hidden", "true");
  ring.setAttribute("r", "7");
  ring.toggleAttribute("hidden", true);
  over.append(polygon, ring);
  const axis = make("div", "axis"), card = make("div", "card"), note = make("div", "note"), sentence = make("div", "sentence");
  const hint = make("div", "hint", "Click the map first, or hold Ctrl, to zoom with the wheel"), legend = make("div", "legend");
  note.setAttribute("role", "status");
  legend.setAttribute("role", "group");
  for (const part of [card, note, hint, sentence]) part.hidden = true;
  const moveTool = tool("move", "Move the map by dragging", () => panel.gestures.setTool("move"));
  const lassoTool = tool("lasso", "Choose cells by drawing around them (or hold Shift)", () => panel.gestures.setTool("lasso"));
  const tools = make("div", "tools");
  tools.setAttribute("role", "toolbar");
  tools.setAttribute("aria-label", "Tools of the map");
  tools.setAttribute("aria-orientation", "vertical");
  tools.append(moveTool, lassoTool, tool("closer", "Closer", () => panel.zoomBy(1.5)),
    tool("wider", "Wider", () => panel.zoomBy(1 / 1.5)), tool("whole", "Whole map", () => panel.ready() && panel.link.whole()));
  stage.append(canvas, labels, over, axis, note, tools, hint, card, sentence);
  root.append(stage, legend);
  return { root, stage, canvas, labels, over, polygon, ring, axis, card, note, hint, sentence, legend, tools, moveTool, lassoTool };
}

function noteLine(text, button, says, act) {
  const line = make("div"), press = make("button", "", button);
  press.type = "button";
  press.setAttribute("aria-label", says);
  press.addEventListener("click", act);
  line.append(make("span", "", text), press);
  return line;
}

function boxOnStage(part) {
  return { x: part.offsetLeft, y: part.offsetTop, w: part.offsetWidth, h: part.offsetHeight };
}
