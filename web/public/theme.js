// Applies the chosen theme before the first paint; a file of its own because the policy forbids inline scripts.
try {
  const theme = localStorage.getItem("nubemox.theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused: the system's theme it is.
}
