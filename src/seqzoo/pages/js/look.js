// The theme: what the visitor chose is kept in this browser, and is set before the page is painted.
(() => {
  const KEY = "seqzoo.theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const isTheme = (theme) => theme === "light" || theme === "dark";

  function show(theme) {
    if (isTheme(theme)) root.dataset.theme = theme;
    else delete root.dataset.theme;
    root.classList.toggle("dark-mode", (root.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark"); // of Swagger
  }

  function kept() {
    try { return localStorage.getItem(KEY); } catch { return null; } // storage may be off
  }

  // From the system's theme to the other one, to the same one, and back to the system's: each change but one is seen.
  function next() {
    const order = system.matches ? ["light", "dark"] : ["dark", "light"];
    return order[order.indexOf(root.dataset.theme) + 1] ?? null;
  }

  show(kept());
  system.addEventListener("change", () => show(root.dataset.theme));
  addEventListener("storage", (event) => { if (event.key === KEY) show(event.newValue); });
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.(".look")) return;
    const theme = next();
    show(theme);
    try {
      if (theme) localStorage.setItem(KEY, theme);
      else localStorage.removeItem(KEY);
    } catch { /* the page has the theme until it is left */ }
  });
})();
