// Where Streamlit's messages go: cells to their link once, colours to the panel they are for, the rest to the link.
const GONE_MS = 500, panels = new Map();

export default function (component) {
  const { parentElement, data } = component, head = readHead(data);
  if (head.kind === "cells") {
    if (!Link.of(head.id).cells) Link.of(head.id).keep(head, readArrays(data, head));
    return;
  }
  if (head.kind === "link") {
    Link.of(head.cells).hear(head, component);
    return;
  }
  let panel = panels.get(parentElement);
  if (!panel || !panel.root.isConnected) {
    panel?.free();
    panel = new Panel(parentElement);
    panels.set(parentElement, panel);
  }
  panel.receive(head, readArrays(data, head)[0]);
  return () => setTimeout(() => {
    if (panel.root.isConnected) return;
    panel.free();
    panels.delete(parentElement);
  }, GONE_MS);
}
