// The card beside the pointer, and the ring with a line that shows the same cell in the other panels.
function cellLines(panel, cell) {
  const { cells, said } = panel.link, code = cells.cluster[cell], lines = [];
  if (code) {
    const name = said.labels[code - 1], full = said.in_full[code - 1];
    lines.push(make("b", "", name));
    if (full && full !== name) lines.push(make("span", "", full));
    lines.push(make("span", "", `Cluster ${said.clusters[code - 1]}`));
  } else lines.push(make("b", "", "No cluster"));
  const value = valueLine(panel, cell);
  if (value) lines.push(value);
  return lines;
}

// What the colour of the cell says; null where the lines above say it already.
function valueLine(panel, cell) {
  const { head } = panel, entry = panel.entry[cell];
  if (!head.in_card) return null;
  const line = make("span");
  let text = "no value";
  if (entry && head.kind === "values") {
    text = figure(head.low + ((entry - 1) / 254) * (head.top - head.low)) + (entry === 255 && head.clipped ? " or more" : "");
  } else if (entry) {
    text = head.categories[entry - 1];
  }
  line.append(make(head.gene ? "i" : "em", "", head.title), document.createTextNode(`: ${text}`));
  return line;
}

function placeCard(card, lines, px, py, stage) {
  card.hidden = !lines.length;
  if (card.hidden) return;
  card.replaceChildren(...lines);
  const own = card.getBoundingClientRect();
  const x = px + 14 + own.width > stage.w ? px - 14 - own.width : px + 14, y = Math.min(py + 10, stage.h - own.height - 4);
  card.style.transform = `translate(${Math.max(2, x)}px, ${Math.max(2, y)}px)`;
}
