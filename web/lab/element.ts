// Elements of the page, made by script: the page's policy allows no HTML in texts.

type Props<K extends keyof HTMLElementTagNameMap> = { [P in keyof HTMLElementTagNameMap[K]]?: HTMLElementTagNameMap[K][P] };

/** make returns an element with some properties and children. */
export function make<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props<K> = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[K] {
  const e = Object.assign(document.createElement(tag), props);
  e.append(...children);
  return e;
}

/** button does something when it is pressed. */
export function button(text: string, press: () => unknown, props: Props<"button"> = {}): HTMLButtonElement {
  const b = make("button", { type: "button", ...props }, text);
  b.addEventListener("click", () => void press());
  return b;
}

/** field is a form's control with its label. */
export function field(label: string, control: HTMLElement): HTMLLabelElement {
  return make("label", { className: "field" }, make("span", {}, label), control);
}

/** replaced sets an element's text if it is another one, so that nothing is announced twice. */
export function replaced(e: Element, text: string): void {
  if (e.textContent !== text) e.textContent = text;
}

/** latest runs one question at a time; of those asked meanwhile only the last. */
export function latest(ask: () => Promise<void>): () => void {
  let busy = false, again = false;
  return async () => {
    if (busy) { again = true; return; }
    busy = true;
    try {
      do { again = false; await ask(); } while (again);
    } finally {
      busy = false;
    }
  };
}

export const thousands = (n: number): string => n.toLocaleString("en-US");

/** share writes an accuracy. */
export const share = (p: number | undefined | null): string => (p === undefined || p === null ? "–" : `${(100 * p).toFixed(1)} %`);

/** significant writes a loss or a weight in three digits. */
export const significant = (v: number): string => (v === 0 || (Math.abs(v) >= 0.001 && Math.abs(v) < 1e5) ? String(Number(v.toPrecision(3))) : v.toExponential(2));

/** counted is "1 image", "3 images". */
export const counted = (n: number, one: string): string => `${thousands(n)} ${one}${n === 1 ? "" : "s"}`;
