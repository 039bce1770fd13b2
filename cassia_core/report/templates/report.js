"use strict";
(function () {
  const table = document.getElementById("clusters");
  const body = table.tBodies[0];
  const search = document.getElementById("search");
  const light = document.getElementById("light");

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const text = row.textContent.toLowerCase();
      const fits = words.every((word) => text.includes(word)) && (!light.value || row.dataset.light === light.value);
      row.classList.toggle("hidden", !fits);
      shown += fits ? 1 : 0;
    }
    document.getElementById("count").textContent = shown + " of " + body.rows.length + " clusters";
  }

  function valueOf(row, at) {
    const cell = row.cells[at];
    const text = cell.dataset.value === undefined ? cell.textContent.trim() : cell.dataset.value;
    return text !== "" && !isNaN(text) ? Number(text) : text.toLowerCase();
  }

  function compare(a, b) {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    if (typeof a === typeof b) return a < b ? -1 : a > b ? 1 : 0;
    return typeof a === "number" ? -1 : 1;
  }

  table.querySelectorAll("th button").forEach((button) => {
    button.addEventListener("click", () => {
      const head = button.parentElement;
      const upward = head.getAttribute("aria-sort") !== "ascending";
      for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", upward ? "ascending" : "descending");
      const rows = Array.from(body.rows);
      rows.sort((a, b) => (upward ? 1 : -1) * compare(valueOf(a, head.cellIndex), valueOf(b, head.cellIndex)));
      rows.forEach((row) => body.appendChild(row));
    });
  });
  search.addEventListener("input", filter);
  light.addEventListener("change", filter);
  filter();

  const canvas = document.getElementById("map");
  if (!canvas) return;
  const data = JSON.parse(document.getElementById("points").textContent);
  const pen = canvas.getContext("2d");
  const hover = document.getElementById("hover");
  const pad = 14;
  let alone = -1;

  function place(i) {
    return [pad + (data.x[i] / 1000) * (canvas.width - 2 * pad), pad + (data.y[i] / 1000) * (canvas.height - 2 * pad)];
  }
  function draw() {
    pen.clearRect(0, 0, canvas.width, canvas.height);
    const size = data.x.length > 2000 ? 2.2 : 4;
    for (let i = 0; i < data.x.length; i += 1) {
      const cluster = data.cluster[i];
      pen.globalAlpha = alone < 0 || cluster === alone ? 0.85 : 0.08;
      pen.fillStyle = cluster < 0 ? "#8A979D" : data.colours[cluster];
      const [x, y] = place(i);
      pen.fillRect(x - size / 2, y - size / 2, size, size);
    }
  }
  function nearest(event) {
    const box = canvas.getBoundingClientRect();
    const px = ((event.clientX - box.left) * canvas.width) / box.width;
    const py = ((event.clientY - box.top) * canvas.height) / box.height;
    let best = -1;
    let least = 225;
    for (let i = 0; i < data.x.length; i += 1) {
      const [x, y] = place(i);
      const d = (x - px) * (x - px) + (y - py) * (y - py);
      if (d < least) { least = d; best = i; }
    }
    return best < 0 ? -1 : data.cluster[best];
  }
  canvas.addEventListener("mousemove", (event) => {
    const cluster = nearest(event);
    hover.textContent = cluster < 0 ? "Point at a cell; click to see its cluster alone."
      : (data.labels[cluster] || "No label") + ", cluster " + data.names[cluster];
  });
  canvas.addEventListener("click", (event) => {
    const cluster = nearest(event);
    alone = cluster === alone ? -1 : cluster;
    draw();
  });
  draw();
})();
