// Applies the chosen theme and the front's accent before the first paint; a file of its own because the policy forbids inline scripts.
try {
  const root = document.documentElement;
  const theme = localStorage.getItem("nubemox.theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
  const front = JSON.parse(localStorage.getItem("nubemox.front") ?? "null");
  if (typeof front?.brand?.accentHue === "number" && typeof front.chroma === "number") {
    root.style.setProperty("--accent-hue", String(front.brand.accentHue));
    root.style.setProperty("--accent-chroma", String(front.chroma));
  }
} catch {
  // Storage is refused or holds something else: the system's theme and the portal's own accent it is.
}
