(function () {
  const all = () => Array.from(document.querySelectorAll("details"));
  const setAll = (open) => all().forEach((part) => { part.open = open; });
  document.getElementById("open-all").addEventListener("click", () => setAll(true));
  document.getElementById("close-all").addEventListener("click", () => setAll(false));

  let before = [];
  window.addEventListener("beforeprint", () => {
    before = all().filter((part) => !part.open);
    before.forEach((part) => { part.open = true; });
  });
  window.addEventListener("afterprint", () => before.forEach((part) => { part.open = false; }));

  function openTarget() {
    const part = /^#c\d+$/.test(location.hash) && document.getElementById(location.hash.slice(1));
    if (!part) return;
    part.open = true;
    part.querySelector("summary").focus({ preventScroll: true });
    part.scrollIntoView();
  }
  window.addEventListener("hashchange", openTarget);
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#c']");
    if (link && link.getAttribute("href") === location.hash) openTarget();
  });
  openTarget();

  function words() {
    const text = document.getElementById("methods-text");
    return text.querySelector("p").textContent + "\n\n" + Array.from(text.querySelectorAll("li"), (li) => li.textContent).join("\n");
  }
  function copyOld() {
    const field = document.createElement("textarea");
    field.value = words();
    document.body.appendChild(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done ? Promise.resolve() : Promise.reject(new Error("refused"));
  }
  document.getElementById("copy").addEventListener("click", () => {
    const note = document.getElementById("copied");
    const copied = navigator.clipboard ? navigator.clipboard.writeText(words()).catch(copyOld) : copyOld();
    copied.then(() => { note.textContent = "Copied."; },
      () => { note.textContent = "This browser did not allow it: select the text and copy it."; });
  });
})();
