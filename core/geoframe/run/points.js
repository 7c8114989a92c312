"use strict";
// Names the points of a picture on hover, and finds them by name. All of it is in the page.
const NEAR = 14; // pixels
const MOST_MARKS = 200;

for (const figure of document.querySelectorAll("figure:has(div.named)")) {
  const frame = figure.querySelector("div.named");
  const { names, x, y } = JSON.parse(frame.querySelector("script").textContent);
  const small = names.map((name) => name.toLowerCase());
  const field = figure.querySelector("input");
  const status = figure.querySelector("[role=status]");
  const tip = document.createElement("output");
  let found = [];
  let shown = -1;

  const at = (element, point) => {
    element.style.left = `${100 * x[point]}%`;
    element.style.top = `${100 * y[point]}%`;
    frame.append(element);
  };
  const show = (point) => {
    tip.textContent = names[point];
    at(tip, point);
  };

  frame.addEventListener("pointermove", (event) => {
    const box = frame.getBoundingClientRect();
    let best = -1;
    let least = NEAR;
    for (let point = 0; point < names.length; point++) {
      const distance = Math.hypot(
        box.left + x[point] * box.width - event.clientX,
        box.top + y[point] * box.height - event.clientY,
      );
      if (distance < least) [best, least] = [point, distance];
    }
    if (best >= 0) show(best);
    else tip.remove();
  });
  frame.addEventListener("pointerleave", () => tip.remove());

  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const mark of frame.querySelectorAll("i")) mark.remove();
    tip.remove();
    const all = [...names.keys()].filter((point) => wanted && small[point].includes(wanted));
    // A name that is exactly so comes first, then the shorter ones.
    found = all.sort((a, b) => names[a].length - names[b].length);
    shown = -1;
    for (const point of found.slice(0, MOST_MARKS)) at(document.createElement("i"), point);
    status.textContent = wanted
      ? `${found.length} of ${names.length} names; Enter goes through them`
      : `${names.length} points with names; point at one to read it`;
  });
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && found.length) {
      shown = (shown + (event.shiftKey ? found.length - 1 : 1)) % found.length;
      show(found[shown]);
      status.textContent = `${names[found[shown]]} (${shown + 1} of ${found.length})`;
    } else if (event.key === "Escape") {
      field.value = "";
      field.dispatchEvent(new Event("input"));
    }
  });
}
