// The page works without this: it opens the contents beside the text, marks where the reader is, remembers
// the colours asked for, and lets the keyboard scroll what is wider than the page.
(() => {
  "use strict";
  const root = document.documentElement;
  const key = "weaver-colours";
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const wide = matchMedia("(min-width: 72rem)");

  const remembered = {
    read() { try { return localStorage.getItem(key); } catch { return null; } },
    write(value) {
      try { value ? localStorage.setItem(key, value) : localStorage.removeItem(key); } catch { /* not allowed here */ }
    },
  };

  function colour(value) {
    if (value) root.dataset.colours = value; else delete root.dataset.colours;
  }

  function switchColours(button) {
    const shown = () => root.dataset.colours || (dark.matches ? "dark" : "light");
    const tell = () => button.setAttribute("aria-pressed", String(shown() === "dark"));
    button.addEventListener("click", () => {
      const wanted = shown() === "dark" ? "light" : "dark";
      const asked = wanted === (dark.matches ? "dark" : "light") ? null : wanted;
      colour(asked);
      remembered.write(asked);
      tell();
    });
    dark.addEventListener("change", tell);
    button.hidden = false;
    tell();
  }

  function followReader(contents) {
    // Asked for each time: the preview changes the page.
    const places = () => [...contents.querySelectorAll("a")]
      .map((link) => [link, document.getElementById(decodeURIComponent(link.hash.slice(1)))])
      .filter(([, heading]) => heading);
    const here = contents.querySelector(".here");
    const bar = contents.closest(".bar");
    let current;

    function mark() {
      const line = innerHeight / 4;
      const passed = places().filter(([, heading]) => heading.getBoundingClientRect().top <= line);
      const [link] = passed[passed.length - 1] || [];
      if (link === current) return;
      current?.removeAttribute("aria-current");
      current = link;
      here.textContent = link ? link.textContent : "";
      if (!link) return;
      link.setAttribute("aria-current", "location");
      const [outer, inner] = [bar.getBoundingClientRect(), link.getBoundingClientRect()];
      if (wide.matches && (inner.top < outer.top || inner.bottom > outer.bottom)) {
        bar.scrollTop += inner.top - outer.top - outer.height / 3;
      }
    }

    let waiting = false;
    const soon = () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => { waiting = false; mark(); });
    };
    addEventListener("scroll", soon, { passive: true });
    addEventListener("resize", soon);
    document.addEventListener("weaver:shown", soon);
    mark();
  }

  function unfold(contents) {
    const fit = () => { contents.open = wide.matches; };
    wide.addEventListener("change", fit);
    fit();
    contents.addEventListener("click", (event) => {
      if (event.target.closest("a") && !wide.matches) contents.open = false;
    });
    addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !wide.matches) contents.open = false;
    });
  }

  function reachByKeyboard() {
    const boxes = document.querySelectorAll(".scroll, pre, .sourceCode, .formula");
    const check = (box) => {
      if (box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX === "auto") box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    };
    const sizes = new ResizeObserver((entries) => entries.forEach((entry) => check(entry.target)));
    boxes.forEach((box) => sizes.observe(box));
  }

  colour(remembered.read());
  document.addEventListener("DOMContentLoaded", () => {
    const contents = document.querySelector(".contents");
    switchColours(document.querySelector(".colours"));
    if (contents) { unfold(contents); followReader(contents); }
    reachByKeyboard();
    document.addEventListener("weaver:shown", reachByKeyboard);
  });
})();
