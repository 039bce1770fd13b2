(function () {
  const canvas = document.getElementById("map");
  if (!canvas) return;
  const data = JSON.parse(document.getElementById("points").textContent);
  const unpack = (text) => new Uint16Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  const xs = unpack(data.x), ys = unpack(data.y), of = unpack(data.cluster);
  const kindOf = (cluster) => (cluster < data.types.length ? data.types[cluster] : -1);
  const pen = canvas.getContext("2d");
  const card = document.getElementById("card");
  const buttons = Array.from(document.querySelectorAll("#legend button"));
  const names = new Map(buttons.map((b) => [Number(b.dataset.kind), b.querySelector("bdi").textContent]));
  const chosen = new Set();
  let single = -1, zoom = 1, midX = data.width / 2, midY = data.height / 2, width = 0, height = 0, planned = false;

  function fit() { return 0.94 * Math.min(width / (data.width || 1), height / (data.height || 1)) * zoom; }
  function place(i) { const f = fit(); return [width / 2 + (xs[i] - midX) * f, height / 2 + (ys[i] - midY) * f]; }
  function stands(cluster) { return single >= 0 ? cluster === single : !chosen.size || chosen.has(kindOf(cluster)); }

  function plan() {
    if (planned) return;
    planned = true;
    requestAnimationFrame(() => { planned = false; draw(); });
  }
  function draw() {
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(name).trim();
    const ratio = window.devicePixelRatio || 1;
    width = canvas.clientWidth; height = canvas.clientHeight;
    canvas.width = Math.round(width * ratio); canvas.height = Math.round(height * ratio);
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, width, height);
    const shades = data.types.map((kind) => colour("--t" + kind)), grey = colour("--unknown");
    const size = Math.max(1.2, Math.min(7, 190 / Math.sqrt(xs.length))) * Math.sqrt(zoom);
    for (const wanted of [false, true]) {
      pen.globalAlpha = wanted ? 0.9 : 0.12;
      for (let i = 0; i < xs.length; i += 1) {
        if (stands(of[i]) !== wanted) continue;
        pen.fillStyle = wanted && of[i] < shades.length ? shades[of[i]] : grey;
        const [x, y] = place(i);
        pen.fillRect(x - size / 2, y - size / 2, size, size);
      }
    }
    pen.globalAlpha = 1;
    write(colour("--text"), colour("--ground"));
  }
  function write(ink, ground) {
    pen.font = "600 13px 'Source Sans 3',system-ui,sans-serif";
    pen.textAlign = "center"; pen.textBaseline = "middle"; pen.lineJoin = "round"; pen.lineWidth = 4;
    const taken = [];
    for (const spot of spots) {
      if (!(single >= 0 ? kindOf(single) === spot.kind : !chosen.size || chosen.has(spot.kind))) continue;
      const text = spot.name.length > 34 ? spot.name.slice(0, 33) + "…" : spot.name;
      const [x, y] = place(spot.at), half = pen.measureText(text).width / 2 + 3;
      const left = Math.min(Math.max(x, half), width - half);
      if (y < 8 || y > height - 8 || taken.some((t) => Math.abs(t[1] - y) < 17 && Math.abs(t[0] - left) < t[2] + half)) continue;
      taken.push([left, y, half]);
      pen.strokeStyle = ground; pen.strokeText(text, left, y);
      pen.fillStyle = ink; pen.fillText(text, left, y);
    }
  }
  function middles() {
    const members = new Map();
    for (let i = 0; i < xs.length; i += 1) {
      const kind = kindOf(of[i]);
      if (kind >= 0) (members.get(kind) || members.set(kind, []).get(kind)).push(i);
    }
    const found = [];
    for (const [kind, cells] of members) {
      const middle = (values) => cells.map((i) => values[i]).sort((a, b) => a - b)[cells.length >> 1];
      const mx = middle(xs), my = middle(ys), away = (i) => (xs[i] - mx) ** 2 + (ys[i] - my) ** 2;
      found.push({ kind, name: names.get(kind) || "", n: cells.length, at: cells.reduce((a, b) => (away(b) < away(a) ? b : a)) });
    }
    return found.sort((a, b) => b.n - a.n);
  }
  function nearest(px, py) {
    let best = -1, least = 144;
    for (let i = 0; i < xs.length; i += 1) {
      if (!stands(of[i])) continue;
      const [x, y] = place(i), d = (x - px) * (x - px) + (y - py) * (y - py);
      if (d < least) { least = d; best = i; }
    }
    return best;
  }
  function line(tag, text) { const part = document.createElement(tag); part.textContent = text; return part; }
  function tell(i, px, py, fixed) {
    const cluster = i < 0 ? -1 : of[i];
    card.hidden = cluster < 0 || cluster >= data.names.length;
    if (card.hidden) return;
    const first = document.createElement("p"), second = document.createElement("p");
    first.appendChild(line("strong", "")).appendChild(line("bdi", names.get(kindOf(cluster)) || ""));
    second.append("Cluster ", line("bdi", data.names[cluster]));
    card.replaceChildren(first, second);
    if (fixed) {
      const link = line("a", "Its evidence and conversation");
      link.href = "#" + data.anchors[cluster];
      card.appendChild(line("p", "")).appendChild(link);
    }
    card.classList.toggle("fixed", Boolean(fixed));
    card.style.left = Math.max(4, Math.min(px + 14, width - card.offsetWidth - 6)) + "px";
    card.style.top = Math.max(4, Math.min(py + 14, height - card.offsetHeight - 6)) + "px";
  }
  function press() {
    buttons.forEach((b) => b.setAttribute("aria-pressed", String(chosen.has(Number(b.dataset.kind)))));
    plan();
  }
  function every() { chosen.clear(); single = -1; card.hidden = true; press(); }
  function zoomBy(factor, px, py) {
    const old = fit(), x = px === undefined ? width / 2 : px, y = py === undefined ? height / 2 : py;
    zoom = Math.min(40, Math.max(1, zoom * factor));
    midX += (x - width / 2) * (1 / old - 1 / fit());
    midY += (y - height / 2) * (1 / old - 1 / fit());
    if (zoom === 1) { midX = data.width / 2; midY = data.height / 2; }
    card.hidden = true;
    plan();
  }
  function move(dx, dy) { midX -= dx / fit(); midY -= dy / fit(); card.hidden = true; plan(); }

  buttons.forEach((button) => button.addEventListener("click", () => {
    const kind = Number(button.dataset.kind);
    single = -1; card.hidden = true;
    if (!chosen.delete(kind)) chosen.add(kind);
    press();
  }));
  document.getElementById("every").addEventListener("click", every);
  document.getElementById("closer").addEventListener("click", () => zoomBy(1.5));
  document.getElementById("farther").addEventListener("click", () => zoomBy(1 / 1.5));
  document.getElementById("whole").addEventListener("click", () => { zoom = 1; zoomBy(1); });
  canvas.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, event.offsetX, event.offsetY);
  }, { passive: false });

  let held = null, dragged = false;
  canvas.addEventListener("pointerdown", (event) => { held = [event.offsetX, event.offsetY]; dragged = false; });
  canvas.addEventListener("pointermove", (event) => {
    if (held && event.buttons === 1) {
      const dx = event.offsetX - held[0], dy = event.offsetY - held[1];
      if (!dragged && Math.abs(dx) + Math.abs(dy) < 5) return;
      dragged = true;
      held = [event.offsetX, event.offsetY];
      move(dx, dy);
    } else if (!card.classList.contains("fixed") || card.hidden) {
      tell(nearest(event.offsetX, event.offsetY), event.offsetX, event.offsetY, false);
    }
  });
  canvas.addEventListener("pointerup", () => { held = null; });
  canvas.addEventListener("pointerleave", () => { held = null; if (!card.classList.contains("fixed")) card.hidden = true; });
  canvas.addEventListener("click", (event) => {
    if (dragged) return;
    const i = nearest(event.offsetX, event.offsetY);
    const cluster = i < 0 || of[i] >= data.names.length ? -1 : of[i];
    single = cluster === single ? -1 : cluster;
    card.classList.remove("fixed");
    tell(single < 0 ? -1 : i, event.offsetX, event.offsetY, true);
    plan();
  });
  canvas.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [40, 0], ArrowRight: [-40, 0], ArrowUp: [0, 40], ArrowDown: [0, -40] }[event.key];
    if (step && zoom > 1) move(step[0], step[1]);
    else if (event.key === "+" || event.key === "=") zoomBy(1.5);
    else if (event.key === "-") zoomBy(1 / 1.5);
    else if (event.key === "Escape") every();
    else return;
    event.preventDefault();
  });

  const spots = middles();
  document.getElementById("explorer").hidden = false;
  document.documentElement.classList.add("mapped");
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", plan);
  new ResizeObserver(plan).observe(canvas);
  draw();
})();
