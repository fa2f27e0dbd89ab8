// The language switch of a comparison; everything else is plain HTML.

(() => {
  const root = document.documentElement;
  const speak = (language) => {
    root.dataset.language = language;
    root.lang = language === "zh" ? "zh-Hans" : "en";
    for (const element of document.querySelectorAll("[data-aria-label-en]")) {
      element.setAttribute("aria-label", element.getAttribute(`data-aria-label-${language}`));
    }
  };
  const read = () => {
    const language = location.hash.slice(1);
    if (language === "en" || language === "zh") speak(language);
  };
  document.getElementById("language").addEventListener("click", () => {
    speak(root.dataset.language === "zh" ? "en" : "zh");
    history.replaceState(null, "", `#${root.dataset.language}`);
  });
  document.getElementById("print").addEventListener("click", () => window.print());
  window.addEventListener("hashchange", read);
  read();
  root.dataset.ready = "true";
})();
