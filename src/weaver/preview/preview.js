// What the preview adds to the page. It hears of each new state, puts the blocks that changed in place of the
// old ones, keeps the reader's place, and shows what runs and what failed.
(() => {
  "use strict";
  const root = document.documentElement;
  const waiting = "waiting" in root.dataset;
  const main = document.querySelector("main") || document.body;
  let shown = document.currentScript.dataset.page;
  let served = main.cloneNode(true); // the page as it was sent: what is live has been touched since
  let latest = null;
  let fetching = false;

  // Changing the page

  const text = (node) => node.outerHTML ?? `${node.nodeType} ${node.nodeValue}`;
  const isChapter = (node) => node.nodeName === "SECTION" && "chapter" in node.dataset;
  const key = (node) => (isChapter(node) ? `chapter ${node.dataset.chapter}` : text(node));

  // Which of the old nodes stay: pairs of places, old and new, rising in both.
  function kept(olds, news) {
    const pairs = new Map();
    let start = 0;
    while (start < Math.min(olds.length, news.length) && olds[start] === news[start]) pairs.set(start, start++);
    let [oldEnd, newEnd] = [olds.length, news.length];
    while (oldEnd > start && newEnd > start && olds[oldEnd - 1] === news[newEnd - 1]) pairs.set(--newEnd, --oldEnd);
    for (let place = start; place < newEnd; place += 1) {
      const found = olds.indexOf(news[place], start);
      if (found < 0 || found >= oldEnd) continue;
      pairs.set(place, found);
      start = found + 1;
    }
    return pairs;
  }

  function merge(live, before, after) {
    const [nodes, olds, news] = [live, before, after].map((parent) => [...parent.childNodes]);
    const pairs = kept(olds.map(key), news.map(key));
    const staying = new Set([...pairs.values()].map((place) => nodes[place]));
    nodes.filter((node) => !staying.has(node)).forEach((node) => node.remove());
    let next = live.firstChild;
    const added = [];
    news.forEach((node, place) => {
      if (!pairs.has(place)) {
        added.push(live.insertBefore(document.importNode(node, true), next));
        return;
      }
      const old = olds[pairs.get(place)];
      next = nodes[pairs.get(place)].nextSibling;
      if (isChapter(node) && text(old) !== text(node)) added.push(...merge(nodes[pairs.get(place)], old, node));
    });
    return added;
  }

  // The block that the reader sees first stays where it is on the screen; where it goes, its neighbour does.
  function keepingPlace(change) {
    const blocks = [...main.querySelectorAll(":scope > :not(section), section[data-chapter] > *")];
    const seen = blocks.map((block) => [block, block.getBoundingClientRect()]);
    const first = Math.max(0, seen.findIndex(([, box]) => box.bottom > 60));
    const order = [...seen.slice(first), ...seen.slice(0, first).reverse()];
    const atTop = scrollY === 0;
    change();
    const [block, box] = order.find(([each]) => each.isConnected) || [];
    if (block && !atTop) scrollBy({ top: block.getBoundingClientRect().top - box.top, behavior: "instant" });
  }

  function take(page) {
    const parts = (from) => [...from.querySelectorAll("head > style, head > script:not([src])")].map((each) => each.textContent);
    const contents = ".contents > :not(summary)";
    const [list, newList] = [document.querySelector(contents), page.querySelector(contents)];
    if (waiting || parts(document).join() !== parts(page).join() || !list !== !newList) {
      location.reload();
      return;
    }
    document.title = page.title;
    if (list && list.textContent !== newList.textContent) list.replaceWith(document.importNode(newList, true));
    const after = page.querySelector("main") || page.body;
    keepingPlace(() => {
      document.querySelector(".weaver-problem")?.remove();
      const added = merge(main, served, after).filter((node) => node.nodeType === Node.ELEMENT_NODE);
      served = after;
      added.forEach(mark);
      paint();
    });
    document.dispatchEvent(new Event("weaver:shown"));
  }

  function mark(element) {
    element.classList.add("weaver-new");
    element.addEventListener("animationend", () => element.classList.remove("weaver-new"), { once: true });
  }

  async function follow() {
    if (fetching) return;
    fetching = true;
    try {
      while (latest.page && latest.page !== shown) {
        const wanted = latest.page;
        const answer = await fetch("/report.html");
        take(new DOMParser().parseFromString(await answer.text(), "text/html"));
        shown = wanted;
      }
    } catch (error) {
      if (!(error instanceof TypeError)) throw error; // the preview ended: the bar says so
    } finally {
      fetching = false;
    }
  }

  // Beside the page

  const bar = document.createElement("aside");
  bar.className = "weaver-bar";
  bar.setAttribute("aria-label", "Preview");
  bar.innerHTML = `
    <button type="button" class="to-page" aria-pressed="true">HTML</button>
    <button type="button" class="to-pdf" aria-pressed="false">PDF</button>
    <button type="button" class="to-problem" hidden>Show the error</button>
    <span class="status" role="status"></span>`;
  const part = (name) => bar.querySelector(`.${name}`);
  let pdf = null;

  function showPdf(asked) {
    part("to-page").setAttribute("aria-pressed", String(!asked));
    part("to-pdf").setAttribute("aria-pressed", String(asked));
    if (!asked) { pdf?.remove(); pdf = null; return; }
    if (pdf) return;
    pdf = document.createElement("iframe");
    pdf.className = "weaver-pdf";
    pdf.title = "The PDF";
    document.body.append(pdf);
    refreshPdf();
  }

  function refreshPdf() {
    const wanted = latest?.pdf && `/report.pdf?${latest.pdf}`;
    if (pdf && wanted && pdf.getAttribute("src") !== wanted) pdf.setAttribute("src", wanted);
  }

  function progress({ chapter, chunks, number, chunk, training }) {
    const where = number ? `${chapter}: chunk ${number} of ${chunks}, ${chunk}` : `${chapter}: a kernel starts`;
    return training ? `${where} – ${training}` : where;
  }

  function status() {
    if (!latest) return "";
    if (latest.running) return progress(latest.running);
    if (latest.stage) return latest.stage === "page" ? "Making the page …" : "Making the PDF …";
    return latest.problem && !latest.problem.marked ? "The last good page" : "Up to date";
  }

  function paint() {
    const words = latest.running ? progress(latest.running) : "";
    for (const section of main.querySelectorAll("section[data-chapter]")) {
      const running = latest.running?.chapter === section.dataset.chapter;
      section.classList.toggle("weaver-running", running);
      section.style.setProperty("--weaver-progress", running ? JSON.stringify(words) : "none");
    }
    paintProblem(latest.problem);
    part("status").textContent = status();
    part("to-problem").hidden = !latest.problem;
    part("to-pdf").disabled = !latest.pdf;
    refreshPdf();
  }

  function paintProblem(problem) {
    const old = document.querySelector(".weaver-problem");
    const words = problem ? JSON.stringify(problem) : "";
    if ((old?.dataset.words || "") === words) return;
    old?.remove();
    if (!problem) return;
    const box = document.createElement("aside");
    box.className = "weaver-problem";
    box.dataset.words = words;
    box.setAttribute("role", "alert");
    const line = (tag, content, name) => {
      if (!content) return;
      const element = document.createElement(tag);
      element.className = name;
      element.textContent = content;
      box.append(element);
    };
    line("p", problem.place, "place");
    line("p", problem.message, "message");
    line("pre", problem.details, "details");
    const chapter = [...main.querySelectorAll("section[data-chapter]")].find((each) => each.dataset.chapter === problem.chapter);
    if (chapter) chapter.before(box); else main.prepend(box);
  }

  part("to-page").addEventListener("click", () => showPdf(false));
  part("to-pdf").addEventListener("click", () => showPdf(true));
  part("to-problem").addEventListener("click", () => {
    showPdf(false);
    document.querySelector(".weaver-problem")?.scrollIntoView();
  });
  document.body.append(bar);

  const events = new EventSource("/events");
  events.addEventListener("message", (event) => {
    latest = JSON.parse(event.data);
    keepingPlace(paint);
    follow();
  });
  events.addEventListener("error", () => { part("status").textContent = "The preview has ended"; });
  addEventListener("pagehide", () => events.close());
})();
