// The tab "Look inside".
import type { Drawing } from "./draw";
import type { Lab } from "./lab";

export function mount(element: HTMLElement, lab: Lab, drawing: Drawing): void {
  void element; void lab; void drawing;
}
