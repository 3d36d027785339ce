"use strict";
// Niceties only: without this script the page shows the same facts.
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  const button = (text, label) => {
    const b = document.createElement("button");
    b.type = "button";
    b.textContent = text;
    b.setAttribute("aria-label", label);
    return b;
  };

  // Weights: step through all snapshots instead of seeing three.
  for (const stages of document.querySelectorAll(".stages")) {
    const items = [...stages.children];
    if (items.length < 2) continue;
    const controls = document.createElement("div");
    controls.className = "controls";
    const back = button("←", "earlier"), forth = button("→", "later");
    const slider = document.createElement("input");
    slider.type = "range";
    slider.min = 0;
    slider.max = items.length - 1;
    slider.setAttribute("aria-label", "epoch");
    controls.append(back, slider, forth);
    stages.before(controls);
    const show = (i) => {
      i = Math.min(Math.max(i, 0), items.length - 1);
      slider.value = i;
      slider.setAttribute("aria-valuetext", items[i].dataset.label);
      back.disabled = i === 0;
      forth.disabled = i === items.length - 1;
      items.forEach((item, k) => item.classList.toggle("on", k === i));
    };
    back.addEventListener("click", () => show(+slider.value - 1));
    forth.addEventListener("click", () => show(+slider.value + 1));
    slider.addEventListener("input", () => show(+slider.value));
    stages.classList.add("stepped");
    show(items.length - 1);
  }

  // The table of numbers: say which pixel the pointer is on.
  for (const figure of document.querySelectorAll(".numbers")) {
    const out = figure.querySelector(".readout");
    const say = (event) => {
      const cell = event.target.closest("td");
      if (!cell) return;
      const value = +cell.textContent;
      out.textContent = `${cell.title}, which is ${(value / 255).toFixed(3)} after the division by 255.`;
    };
    figure.addEventListener("pointerover", say);
    figure.addEventListener("click", say);
  }

  // The unfolded answer: a click on a product shows the term behind it.
  const signed = (v) => (v < 0 ? "−" : "+") + Math.abs(v).toFixed(2);
  const plain = (v) => (v < 0 ? "−" : "") + Math.abs(v).toFixed(2);
  for (const figure of document.querySelectorAll(".unfold")) {
    const width = +figure.dataset.width;
    const pixels = figure.dataset.pixels.split(",").map(Number);
    const channels = (figure.dataset.channels || "").split(",");
    const area = pixels.length / channels.length, height = area / width;
    const out = figure.querySelector(".readout");
    const main = figure.querySelector(".touch");
    const frame = document.createElement("span");
    const cursor = document.createElement("span");
    frame.className = "frame";
    cursor.className = "cursor";
    main.replaceWith(frame);
    frame.append(main, cursor);
    frame.tabIndex = 0;
    frame.setAttribute("role", "application");
    frame.setAttribute("aria-label", main.alt + "; the arrow keys move from pixel to pixel");
    const products = main.dataset.products.split(",").map(Number);
    let row = Math.floor(height / 2), column = Math.floor(width / 2);
    const pick = () => {
      row = Math.min(Math.max(row, 0), height - 1);
      column = Math.min(Math.max(column, 0), width - 1);
      const terms = [];
      let sum = 0;
      channels.forEach((name, c) => {
        const i = c * area + row * width + column, x = pixels[i] / 255;
        if (x === 0) return;
        sum += products[i];
        terms.push(`${name ? name + " " : ""}${plain(x)} × ${plain(products[i] / x)}`);
      });
      cursor.style.left = `${(100 * column) / width}%`;
      cursor.style.top = `${(100 * row) / height}%`;
      cursor.style.width = `${100 / width}%`;
      cursor.style.height = `${100 / height}%`;
      frame.classList.add("picked");
      out.textContent = terms.length === 0
        ? `pixel (${row}, ${column}): ${figure.dataset.bare}, 0 × any weight = 0`
        : `pixel (${row}, ${column}): ${terms.join(" + ")} = ${signed(sum)} for ${main.dataset.class}`;
    };
    frame.addEventListener("click", (event) => {
      const box = main.getBoundingClientRect();
      column = Math.floor(((event.clientX - box.left) / box.width) * width);
      row = Math.floor(((event.clientY - box.top) / box.height) * height);
      pick();
    });
    const moves = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
    frame.addEventListener("keydown", (event) => {
      const move = moves[event.key];
      if (!move) return;
      event.preventDefault();
      row += move[0];
      column += move[1];
      pick();
    });
  }
})();
