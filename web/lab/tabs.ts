// Tabs: one panel at a time, by mouse or by arrow keys; which one stands in the address.
// (WAI-ARIA Authoring Practices: tabs that open with the focus.) A panel is told by the
// event "show" that it can be seen again.
import type { Address } from "./address";

/** Tab is a name in the address, a title, and what fills the panel when it is first seen. */
export type Tab = [name: string, title: string, mount: (panel: HTMLElement) => void];

export class Tabs {
  private readonly buttons: HTMLButtonElement[];
  private readonly panels: HTMLElement[];
  private readonly mounted = new Set<number>();

  constructor(private readonly address: Address, private readonly list: HTMLElement, at: HTMLElement, private readonly tabs: Tab[]) {
    this.buttons = tabs.map(([name, title], i) => {
      const b = document.createElement("button");
      b.type = "button";
      b.id = `tab-${name}`;
      b.textContent = title;
      b.setAttribute("role", "tab");
      b.setAttribute("aria-controls", `panel-${name}`);
      b.addEventListener("click", () => this.open(i, true));
      b.addEventListener("keydown", (e) => this.key(e, i));
      return b;
    });
    this.panels = tabs.map(([name]) => {
      const p = document.createElement("section");
      p.id = `panel-${name}`;
      p.setAttribute("role", "tabpanel");
      p.setAttribute("aria-labelledby", `tab-${name}`);
      p.hidden = true;
      return p;
    });
    list.replaceChildren(...this.buttons);
    at.replaceChildren(...this.panels);
    address.on(() => this.open(this.asked));
    this.open(this.asked);
    new ResizeObserver(() => this.reveal()).observe(list);
  }

  /** reveal brings the open tab into sight where not all of them have room. */
  private reveal(): void {
    const list = this.list, b = list.querySelector<HTMLElement>("[aria-selected=true]")!, at = b.offsetLeft - list.offsetLeft;
    if (at < list.scrollLeft) list.scrollLeft = at;
    else list.scrollLeft = Math.max(list.scrollLeft, at + b.offsetWidth - list.clientWidth + 32);
  }

  private get asked(): number { return Math.max(0, this.tabs.findIndex(([name]) => name === this.address.get("tab"))); }

  private open(i: number, chosen = false): void {
    this.buttons.forEach((b, k) => {
      b.setAttribute("aria-selected", String(k === i));
      b.tabIndex = k === i ? 0 : -1;
    });
    const panel = this.panels[i]!;
    this.panels.forEach((p) => { p.hidden = p !== panel; });
    if (!this.mounted.has(i)) {
      this.mounted.add(i);
      this.tabs[i]![2](panel);
    }
    panel.dispatchEvent(new Event("show"));
    if (chosen) this.address.set({ tab: i === 0 ? null : this.tabs[i]![0] }, true);
    this.reveal();
  }

  private key(e: KeyboardEvent, i: number): void {
    const n = this.tabs.length;
    const to = { ArrowRight: (i + 1) % n, ArrowLeft: (i + n - 1) % n, Home: 0, End: n - 1 }[e.key];
    if (to === undefined) return;
    e.preventDefault();
    this.open(to, true);
    this.buttons[to]!.focus();
  }
}
