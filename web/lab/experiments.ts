// The tab "Experiments".
import type { Lab } from "./lab";

export function mount(element: HTMLElement, lab: Lab): void {
  void element;
  void lab;
}
