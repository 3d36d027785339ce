// Test images to choose from: the net has not learned from them, and what they show is known.
import type { Drawing } from "./draw";
import type { Lab } from "./lab";

const shown = 20;

export function gallery(lab: Lab, drawing: Drawing, take: (image: Uint8Array, label: number) => Promise<void>): void {
  const box = document.getElementById("gallery")!;
  const note = document.createElement("p"), list = document.createElement("div"), more = document.createElement("button");
  note.className = "note";
  list.className = "choices";
  more.type = "button";
  more.textContent = "Others";
  more.addEventListener("click", () => void fill());
  box.append(note, list, more);
  let of = shown;

  async function fill(): Promise<void> {
    try {
      if (of === shown) of = (await lab.images([0])).of;
      const chosen = new Set<number>();
      while (chosen.size < Math.min(shown, of)) chosen.add(Math.floor(Math.random() * of));
      const got = await lab.images([...chosen]), names = lab.net?.classes ?? [];
      note.textContent = `${got.images.length} of ${of.toLocaleString("en-US")} images that the net has not learned from.`;
      list.replaceChildren(...got.images.map((image, i) => {
        const b = document.createElement("button"), label = got.labels[i]!;
        b.type = "button";
        b.setAttribute("aria-label", `Test image: ${names[label]}`);
        const c = drawing.picture(image, "");
        c.setAttribute("aria-hidden", "true");
        c.style.width = "";
        b.append(c);
        b.addEventListener("click", () => { box.hidePopover(); void take(image, label); });
        return b;
      }));
    } catch (e) {
      note.textContent = (e as Error).message;
    }
  }
  box.addEventListener("beforetoggle", (e) => { if ((e as ToggleEvent).newState === "open" && lab.net) void fill(); });
  lab.on("subject", () => { of = shown; });
}
