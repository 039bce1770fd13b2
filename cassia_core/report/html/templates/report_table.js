(function () {
  const table = document.getElementById("clusters");
  const body = table.tBodies[0];
  const search = document.getElementById("search");
  const choices = ["light", "family", "status"].map((name) => [name, document.getElementById(name)]).filter((c) => c[1]);
  const texts = new Map(Array.from(body.rows, (row) => [row, row.textContent.toLowerCase()]));

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const row of body.rows) {
      const fits = words.every((word) => texts.get(row).includes(word))
        && choices.every(([name, select]) => !select.value || row.dataset[name] === select.value);
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
    if (typeof a === "number" && typeof b === "number") return a - b;
    if (typeof a !== typeof b) return typeof a === "number" ? -1 : 1;
    return a.localeCompare(b, "en", { numeric: true });
  }

  function sort(head) {
    const upward = head.getAttribute("aria-sort") !== "ascending";
    for (const other of head.parentElement.cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", upward ? "ascending" : "descending");
    const rows = Array.from(body.rows, (row) => [valueOf(row, head.cellIndex), row]);
    const known = rows.filter((entry) => entry[0] !== "");
    const unknown = rows.filter((entry) => entry[0] === "");
    known.sort((a, b) => (upward ? 1 : -1) * compare(a[0], b[0]));
    for (const entry of known.concat(unknown)) body.appendChild(entry[1]);
  }

  table.querySelectorAll("thead th button").forEach((button) => {
    button.addEventListener("click", () => sort(button.parentElement));
  });
  search.addEventListener("input", filter);
  choices.forEach(([, select]) => select.addEventListener("change", filter));
  document.getElementById("reset").addEventListener("click", () => {
    search.value = "";
    choices.forEach(([, select]) => { select.value = ""; });
    filter();
  });
  filter();
})();
